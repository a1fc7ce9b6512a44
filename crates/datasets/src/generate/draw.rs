//! Pictures of cats and non-cats, put together from ellipses and triangles over coloured blobs.
//!
//! A cat has pointed ears and slit pupils; another animal has round, long or hanging ears and round pupils. Everything else (place, size,
//! tilt, colours, light, noise) comes from the picture's own stream of ChaCha8, alike for both classes, so that no mean colour tells them
//! apart, and picture 17 is the same whether 20 or 20,000 are drawn. The arithmetic is +, -, *, / and sqrt of IEEE 754: the bytes are the
//! same on every machine.

use std::ops::RangeInclusive;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// The sides, in pixels, that a picture may have.
pub const SIDES: RangeInclusive<u32> = 8..=1024;

/// The dataset with the names of the classes, and the names.
pub(super) const CLASSES: &str = "list_classes";
pub(super) const NAMES: [&str; 2] = ["non-cat", "cat"];

/// The number of cells of blobs along a side of the picture.
const CELLS: usize = 5;
/// The largest deviation of a byte by noise.
const NOISE: f64 = 16.0;

type Point = [f64; 2];
type Colour = [f64; 3];

/// Returns whether picture `index` of the set of `seed` shows a cat.
///
/// Pictures 2k and 2k + 1 are one cat and one non-cat, in an order drawn from `seed` and k: any first m pictures hold
/// m/2 cats, give or take half of one.
pub(crate) fn is_cat(seed: u64, index: u64) -> bool {
    let first_is_cat = Stream::new(seed, index / 2 * 2 + 1).uniform(0.0, 1.0) < 0.5;
    first_is_cat == index.is_multiple_of(2)
}

/// Draws picture `index` of the set of `seed` as `side * side * 3` bytes: rows from the top, then columns, then R, G, B.
///
/// # Panics
///
/// If `side` is outside of [`SIDES`].
#[track_caller]
pub(crate) fn draw(seed: u64, index: u64, is_cat: bool, side: u32) -> Vec<u8> {
    assert!(SIDES.contains(&side), "a picture's side is {} to {} pixels, not {side}", SIDES.start(), SIDES.end());
    let mut stream = Stream::new(seed, 2 * index);
    let scene = Scene::random(&mut stream, is_cat);
    let mut bytes = Vec::with_capacity((side * side * 3) as usize);
    for (row, column) in (0..side).flat_map(|row| (0..side).map(move |column| (row, column))) {
        let place = [column, row].map(|pixel| (2.0 * f64::from(pixel) + 1.0) / f64::from(side) - 1.0);
        let grain = stream.uniform(-NOISE, NOISE);
        bytes.extend(scene.colour(place, 2.0 / f64::from(side)).map(|value| (value + grain).clamp(0.0, 255.0) as u8));
    }
    bytes
}

/// The random numbers of one picture.
struct Stream(ChaCha8Rng);

impl Stream {
    fn new(seed: u64, stream: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stream);
        Stream(rng)
    }

    /// Draws a number from [`from`, `to`) with 53 bits.
    fn uniform(&mut self, from: f64, to: f64) -> f64 {
        from + (to - from) * (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    fn colour(&mut self, darkest: f64, brightest: f64) -> Colour {
        [(); 3].map(|()| self.uniform(darkest, brightest))
    }
}

/// An outline in coordinates of the face, where the head is a disc of radius 1, and its colour.
struct Shape {
    outline: Outline,
    colour: Colour,
}

enum Outline {
    Ellipse { centre: Point, radii: Point },
    Triangle([Point; 3]),
}

impl Outline {
    /// Computes the distance of `p` to the outline, negative inside; for an ellipse it is approximate.
    fn distance(&self, p: Point) -> f64 {
        match self {
            Outline::Ellipse { centre, radii } => {
                let scaled = [0, 1].map(|axis| (p[axis] - centre[axis]) / radii[axis]);
                (length(scaled) - 1.0) * radii[0].min(radii[1])
            }
            Outline::Triangle(corners) => (0..3).fold(f64::NEG_INFINITY, |distance, corner| {
                let ([x, y], [to_x, to_y]) = (corners[corner], corners[(corner + 1) % 3]);
                let edge = [to_x - x, to_y - y];
                distance.max((edge[1] * (p[0] - x) - edge[0] * (p[1] - y)) / length(edge))
            }),
        }
    }
}

fn length([x, y]: Point) -> f64 {
    (x * x + y * y).sqrt()
}

fn mix(a: Colour, b: Colour, share: f64) -> Colour {
    [0, 1, 2].map(|channel| a[channel] + share * (b[channel] - a[channel]))
}

/// All that a picture shows, for x and y from -1 to 1, y downwards.
struct Scene {
    blobs: [[Colour; CELLS + 1]; CELLS + 1],
    /// The centre of the face, its radius, and the cosine and sine of its tilt.
    centre: Point,
    radius: f64,
    tilt: Point,
    /// The shapes of the face; each covers those before it.
    shapes: Vec<Shape>,
    /// The slope of the light from left to right.
    light: f64,
}

impl Scene {
    fn random(stream: &mut Stream, is_cat: bool) -> Self {
        let (ground, other) = (stream.colour(20.0, 160.0), stream.colour(20.0, 160.0));
        let blobs = [(); CELLS + 1].map(|()| [(); CELLS + 1].map(|()| mix(ground, other, stream.uniform(0.0, 1.0))));
        // Cosine and sine come from the tangent of half the angle, without a library's sine.
        let half = stream.uniform(-0.1, 0.1);
        Scene {
            blobs,
            centre: [stream.uniform(-0.15, 0.15), stream.uniform(0.1, 0.3)],
            radius: stream.uniform(0.45, 0.6),
            tilt: [(1.0 - half * half) / (1.0 + half * half), 2.0 * half / (1.0 + half * half)],
            light: stream.uniform(-0.3, 0.3),
            shapes: face(stream, is_cat),
        }
    }

    /// Computes the colour at `place`; `pixel` is the width of a pixel.
    fn colour(&self, place: Point, pixel: f64) -> Colour {
        let offset = [0, 1].map(|axis| (place[axis] - self.centre[axis]) / self.radius);
        let [cos, sin] = self.tilt;
        let in_face = [cos * offset[0] + sin * offset[1], cos * offset[1] - sin * offset[0]];
        let drawn = self.shapes.iter().fold(self.ground(place), |below, Shape { outline, colour }| {
            let covered = (0.5 - outline.distance(in_face) * self.radius / pixel).clamp(0.0, 1.0);
            mix(below, *colour, covered)
        });
        drawn.map(|value| value * (1.0 + self.light * place[0]))
    }

    /// Computes the colour of the blobs at `place`, interpolated between the corners of its cell.
    fn ground(&self, place: Point) -> Colour {
        let [(column, x), (row, y)] = place.map(|at| {
            let at = (at + 1.0) / 2.0 * CELLS as f64;
            (at as usize, at.fract())
        });
        let [above, below] = [row, row + 1].map(|row| mix(self.blobs[row][column], self.blobs[row][column + 1], x));
        mix(above, below, y)
    }
}

/// Draws the parts of a face, those at the back first.
fn face(stream: &mut Stream, is_cat: bool) -> Vec<Shape> {
    let (fur, [inner, iris]) = (stream.colour(90.0, 255.0), [(); 2].map(|()| stream.colour(60.0, 255.0)));
    let (dark, size, kind) = ([25.0; 3], stream.uniform(0.8, 1.2), stream.uniform(0.0, 3.0) as u32);
    let mut shapes = Vec::new();
    let ellipse = |centre, radii, colour| Shape { outline: Outline::Ellipse { centre, radii }, colour };
    shapes.push(ellipse([0.0, 1.9], [1.0, 1.3], mix(fur, dark, 0.2)));
    for side in [-1.0, 1.0] {
        for (scale, colour) in [(size, fur), (0.6 * size, inner)] {
            let outline = match (is_cat, kind) {
                (true, _) => {
                    let [left, tip, right] = [[-0.42, 0.35], [0.18 * side, -0.75], [0.42, 0.35]]
                        .map(|[x, y]| [0.6 * side + scale * x, -0.75 + scale * y]);
                    Outline::Triangle([left, tip, right])
                }
                (false, 0) => Outline::Ellipse { centre: [0.75 * side, -0.75], radii: [0.42 * scale; 2] },
                (false, 1) => Outline::Ellipse { centre: [0.45 * side, -1.2], radii: [0.24 * scale, 0.7 * scale] },
                (false, _) => Outline::Ellipse { centre: [side, -0.1], radii: [0.28 * scale, 0.65 * scale] },
            };
            shapes.push(Shape { outline, colour });
        }
    }
    shapes.push(ellipse([0.0, 0.0], [1.0, 0.9], fur));
    for side in [-1.0, 1.0] {
        shapes.push(ellipse([0.42 * side, -0.12], [0.24, 0.2], iris));
        shapes.push(ellipse(
            [0.42 * side, -0.12],
            [if is_cat { 0.06 } else { 0.12 }, if is_cat { 0.19 } else { 0.12 }],
            dark,
        ));
    }
    shapes.push(ellipse([0.0, 0.42], [0.38, 0.26], mix(fur, [255.0; 3], 0.5)));
    shapes.push(ellipse([0.0, 0.3], [0.13, 0.09], dark));
    shapes
}

#[cfg(test)]
mod tests;
