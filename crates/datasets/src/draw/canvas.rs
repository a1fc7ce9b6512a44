//! A square canvas in units of its own side, with nested frames: shapes are drawn in the frame of what they belong to.

use tiny_skia::{
    Color, FillRule, GradientStop, LineCap, LineJoin, LinearGradient, Paint, Path, PathBuilder, Pixmap, Point,
    RadialGradient, Rect, Shader, SpreadMode, Stroke, Transform,
};

use super::chance::Chance;
use super::palette::Colour;

/// Where a thing stands: its centre (the canvas is 1 x 1), its size (half of its height, roughly), turn and mirroring.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pose {
    pub(super) x: f32,
    pub(super) y: f32,
    pub(super) size: f32,
    pub(super) degrees: f32,
    pub(super) mirrored: bool,
}

impl Pose {
    /// Near the middle, as a photographer would place it.
    pub(super) fn random(chance: &mut Chance) -> Self {
        Self {
            x: 0.5 + chance.around_zero(0.025),
            y: 0.5 + chance.around_zero(0.025),
            size: chance.between(0.34, 0.41),
            degrees: chance.around_zero(5.0),
            mirrored: chance.happens(0.5),
        }
    }

    /// The frame in which the thing's centre is (0, 0) and its half height 1; x points right and y down.
    pub(super) fn frame(self) -> Transform {
        let flip = if self.mirrored { -1.0 } else { 1.0 };
        Transform::from_translate(self.x, self.y).pre_rotate(self.degrees).pre_scale(self.size * flip, self.size)
    }
}

/// How a shape is filled.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fill {
    /// One colour.
    Flat(Colour),
    /// One colour that hides this share of what is behind it.
    Sheer(Colour, f32),
    /// From one colour at the first point to another at the second.
    Across((f32, f32), Colour, (f32, f32), Colour),
    /// From one colour at the centre to another at the radius.
    Round((f32, f32), f32, Colour, Colour),
}

impl From<Colour> for Fill {
    fn from(colour: Colour) -> Self {
        Self::Flat(colour)
    }
}

/// A picture in the making.
pub(super) struct Canvas {
    pixmap: Pixmap,
    frame: Transform,
}

impl Canvas {
    /// A blank canvas of `side` x `side` pixels, in which (0, 0) is the upper left corner and (1, 1) the lower right.
    pub(super) fn new(side: u32) -> Self {
        Self {
            // Only a side of 0, or one near 2^15, has no pixmap; `draw` admits neither.
            pixmap: Pixmap::new(side, side).expect("a side that draw admits"),
            frame: Transform::from_scale(side as f32, side as f32),
        }
    }

    /// Draws inside a frame of the present one.
    pub(super) fn within(&mut self, frame: Transform, draw: impl FnOnce(&mut Self)) {
        let outer = self.frame;
        self.frame = outer.pre_concat(frame);
        draw(self);
        self.frame = outer;
    }

    /// The whole canvas, when the frame is the canvas.
    pub(super) fn flood(&mut self, fill: impl Into<Fill>) {
        self.rectangle(-1.0, -1.0, 3.0, 3.0, fill);
    }

    /// A rectangle by its upper left corner.
    pub(super) fn rectangle(&mut self, x: f32, y: f32, width: f32, height: f32, fill: impl Into<Fill>) {
        let (right, bottom) = (x + width, y + height);
        self.polygon(&[(x, y), (right, y), (right, bottom), (x, bottom)], fill);
    }

    /// Straight lines from corner to corner, and back to the first.
    pub(super) fn polygon(&mut self, corners: &[(f32, f32)], fill: impl Into<Fill>) {
        let mut path = PathBuilder::new();
        for (i, &(x, y)) in corners.iter().enumerate() {
            if i == 0 {
                path.move_to(x, y);
            } else {
                path.line_to(x, y);
            }
        }
        path.close();
        self.fill(path.finish(), fill.into());
    }

    /// A closed smooth outline through the middles between neighbouring points, which pull it towards themselves.
    pub(super) fn blob(&mut self, points: &[(f32, f32)], fill: impl Into<Fill>) {
        let middle = |a: (f32, f32), b: (f32, f32)| ((a.0 + b.0) / 2.0, (a.1 + b.1) / 2.0);
        let mut path = PathBuilder::new();
        for (i, &pull) in points.iter().enumerate() {
            if i == 0 {
                let start = middle(points[points.len() - 1], pull);
                path.move_to(start.0, start.1);
            }
            let end = middle(pull, points[(i + 1) % points.len()]);
            path.quad_to(pull.0, pull.1, end.0, end.1);
        }
        path.close();
        self.fill(path.finish(), fill.into());
    }

    /// An ellipse by its centre and its two half axes.
    pub(super) fn ellipse(&mut self, x: f32, y: f32, across: f32, down: f32, fill: impl Into<Fill>) {
        let oval = Rect::from_ltrb(x - across, y - down, x + across, y + down).and_then(PathBuilder::from_oval);
        self.fill(oval, fill.into());
    }

    /// An ellipse turned about its centre.
    pub(super) fn tilted(&mut self, centre: (f32, f32), half: (f32, f32), degrees: f32, fill: impl Into<Fill>) {
        let frame = Transform::from_translate(centre.0, centre.1).pre_rotate(degrees);
        self.within(frame, |canvas| canvas.ellipse(0.0, 0.0, half.0, half.1, fill));
    }

    /// A round-ended stroke from the first point to the last; three or four bend it, those between pulling.
    pub(super) fn stroke(&mut self, points: &[(f32, f32)], width: f32, fill: impl Into<Fill>) {
        let mut path = PathBuilder::new();
        match *points {
            [start, pull, end] => {
                path.move_to(start.0, start.1);
                path.quad_to(pull.0, pull.1, end.0, end.1);
            }
            [start, one, two, end] => {
                path.move_to(start.0, start.1);
                path.cubic_to(one.0, one.1, two.0, two.1, end.0, end.1);
            }
            _ => {
                for (i, &(x, y)) in points.iter().enumerate() {
                    if i == 0 {
                        path.move_to(x, y);
                    } else {
                        path.line_to(x, y);
                    }
                }
            }
        }
        let stroke = Stroke { width, line_cap: LineCap::Round, line_join: LineJoin::Round, ..Stroke::default() };
        if let Some(path) = path.finish() {
            self.pixmap.stroke_path(&path, &paint(fill.into()), &stroke, self.frame, None);
        }
    }

    /// The pixels, rows from the top, four bytes each (R, G, B, opacity). Backdrops are opaque, so colours are as seen.
    pub(super) fn into_rgba(self) -> Vec<u8> {
        self.pixmap.take()
    }

    /// A shape without an area has no path, and nothing to fill.
    fn fill(&mut self, path: Option<Path>, fill: Fill) {
        if let Some(path) = path {
            self.pixmap.fill_path(&path, &paint(fill), FillRule::Winding, self.frame, None);
        }
    }
}

fn paint(fill: Fill) -> Paint<'static> {
    let opaque = |colour: Colour| sheer(colour, 1.0);
    let stops = |from, to| vec![GradientStop::new(0.0, opaque(from)), GradientStop::new(1.0, opaque(to))];
    let point = |(x, y)| Point::from_xy(x, y);
    let shader = match fill {
        Fill::Flat(colour) => Shader::SolidColor(opaque(colour)),
        Fill::Sheer(colour, share) => Shader::SolidColor(sheer(colour, share)),
        Fill::Across(start, from, end, to) => {
            LinearGradient::new(point(start), point(end), stops(from, to), SpreadMode::Pad, Transform::identity())
                .unwrap_or(Shader::SolidColor(opaque(from)))
        }
        Fill::Round(centre, radius, from, to) => RadialGradient::new(
            point(centre),
            0.0,
            point(centre),
            radius,
            stops(from, to),
            SpreadMode::Pad,
            Transform::identity(),
        )
        .unwrap_or(Shader::SolidColor(opaque(from))),
    };
    Paint { shader, ..Paint::default() }
}

fn sheer(colour: Colour, share: f32) -> Color {
    // Clamped: colours come from mixes, and rounding may leave one a hair outside 0 ..= 1.
    let part = |x: f32| x.clamp(0.0, 1.0);
    Color::from_rgba(part(colour.r), part(colour.g), part(colour.b), part(share)).unwrap_or(Color::BLACK)
}
