//! Everything that is not a cat: which kind, and the kinds that are no animals.

use super::beast;
use super::canvas::{Canvas, Fill, Pose};
use super::chance::Chance;
use super::palette::{Colour, INK, WHITE, paint, paint_against, rgb};

type Draw = fn(&mut Canvas, &mut Chance, Pose, Colour);

/// The kinds and how often each is drawn; two in five are animals.
const KINDS: [(f32, Draw); 13] = [
    (0.15, beast::dog),
    (0.07, beast::rabbit),
    (0.07, beast::bear),
    (0.05, beast::owl),
    (0.08, beast::bird),
    (0.11, face),
    (0.11, car),
    (0.11, house),
    (0.09, tree),
    (0.06, ball),
    (0.04, mug),
    (0.04, flower),
    (0.02, nothing),
];

/// Draws something that is not a cat in this pose.
pub(super) fn other(canvas: &mut Canvas, chance: &mut Chance, pose: Pose, backdrop: Colour) {
    let mut left = chance.unit();
    for (share, draw) in KINDS {
        left -= share;
        if left < 0.0 {
            return draw(canvas, chance, pose, backdrop);
        }
    }
}

/// The backdrop is the picture.
fn nothing(_: &mut Canvas, _: &mut Chance, _: Pose, _: Colour) {}

fn face(canvas: &mut Canvas, chance: &mut Chance, pose: Pose, backdrop: Colour) {
    let skin = chance.pick(&[rgb(246, 212, 184), rgb(222, 172, 134), rgb(170, 118, 84), rgb(104, 70, 52)]);
    let hair = chance.pick(&[rgb(40, 30, 28), rgb(96, 62, 38), rgb(206, 164, 92), rgb(156, 152, 150)]);
    let shirt = paint_against(backdrop, chance);
    let long = chance.happens(0.45);
    let smile = chance.between(-0.05, 0.22);
    let iris = chance.pick(&[rgb(84, 60, 40), rgb(90, 130, 160), rgb(80, 110, 80)]);
    canvas.within(pose.frame(), |canvas| {
        canvas.blob(&[(-0.4, 0.7), (0.4, 0.7), (1.2, 1.0), (1.2, 2.4), (-1.2, 2.4), (-1.2, 1.0)], shirt);
        canvas.rectangle(-0.2, 0.5, 0.4, 0.5, skin.darker(0.2));
        if long {
            canvas.blob(&[(-0.7, -1.1), (0.7, -1.1), (0.95, 0.2), (0.75, 1.1), (-0.75, 1.1), (-0.95, 0.2)], hair);
        } else {
            canvas.ellipse(0.0, -0.3, 0.7, 0.72, hair);
        }
        canvas.ellipse(0.0, 0.02, 0.58, 0.76, Fill::Round((-0.15, -0.2), 1.1, skin.lighter(0.12), skin.darker(0.2)));
        canvas.blob(&[(-0.75, -0.95), (0.75, -0.95), (0.72, -0.3), (0.1, -0.55), (-0.72, -0.25)], hair);
        for side in [-1.0, 1.0] {
            canvas.ellipse(side * 0.24, -0.08, 0.12, 0.07, WHITE);
            canvas.ellipse(side * 0.24, -0.08, 0.06, 0.07, iris);
            canvas.stroke(&[(side * 0.12, -0.24), (side * 0.24, -0.3), (side * 0.38, -0.24)], 0.05, hair);
        }
        canvas.stroke(&[(0.02, 0.0), (0.1, 0.22), (-0.02, 0.24)], 0.04, skin.darker(0.35));
        let mouth = [(-0.22, 0.45), (0.0, 0.45 + smile), (0.22, 0.45)];
        canvas.stroke(&mouth, 0.07, rgb(176, 80, 78));
    });
}

fn car(canvas: &mut Canvas, chance: &mut Chance, pose: Pose, backdrop: Colour) {
    let body = paint_against(backdrop, chance);
    let glass = rgb(166, 194, 208).darker(chance.between(0.0, 0.5));
    let roof = chance.between(0.5, 0.8);
    let road = paint(chance).mix(rgb(90, 90, 94), 0.7);
    let level = Pose { degrees: pose.degrees * 0.4, ..pose };
    canvas.within(level.frame(), |canvas| {
        canvas.rectangle(-4.0, 0.5, 8.0, 3.0, road);
        canvas.polygon(&[(-0.8, -0.1), (-0.45, -roof), (0.45, -roof), (0.85, -0.1)], body.darker(0.1));
        canvas.polygon(&[(-0.62, -0.12), (-0.38, 0.08 - roof), (-0.04, 0.08 - roof), (-0.04, -0.12)], glass);
        canvas.polygon(&[(0.64, -0.12), (0.38, 0.08 - roof), (0.05, 0.08 - roof), (0.05, -0.12)], glass);
        let hull = [(-1.3, -0.1), (1.2, -0.15), (1.35, 0.2), (1.3, 0.55), (-1.35, 0.55), (-1.4, 0.1)];
        canvas.polygon(&hull, Fill::Across((0.0, -0.1), body.lighter(0.15), (0.0, 0.55), body.darker(0.25)));
        canvas.ellipse(-1.28, 0.15, 0.1, 0.09, rgb(250, 236, 180));
        for x in [-0.8, 0.8] {
            canvas.ellipse(x, 0.55, 0.31, 0.31, INK);
            canvas.ellipse(x, 0.55, 0.14, 0.14, rgb(170, 170, 174));
        }
    });
}

fn house(canvas: &mut Canvas, chance: &mut Chance, pose: Pose, backdrop: Colour) {
    let wall = paint_against(backdrop, chance);
    let roof = paint(chance).mix(rgb(140, 70, 54), 0.4);
    let pane = rgb(244, 226, 150).darker(chance.between(0.0, 0.6));
    let (half, ridge) = (chance.between(0.6, 0.95), chance.between(0.8, 1.15));
    let gables = chance.happens(0.3);
    let upright = Pose { degrees: pose.degrees * 0.3, ..pose };
    canvas.within(upright.frame(), |canvas| {
        canvas.rectangle(half * 0.35, -ridge, 0.2, 0.6, roof.darker(0.4));
        canvas.rectangle(-half, -0.25, half * 2.0, 1.25, wall);
        if gables {
            for side in [-1.0, 1.0] {
                canvas.polygon(&[(side * half * 1.1, -0.22), (side * half * 0.55, -ridge), (0.0, -0.22)], roof);
            }
        } else {
            canvas.polygon(&[(-half - 0.15, -0.22), (0.0, -ridge), (half + 0.15, -0.22)], roof);
        }
        canvas.rectangle(-0.15, 0.42, 0.3, 0.58, roof.darker(0.3));
        for side in [-1.0, 1.0] {
            let x = side * half * 0.58;
            canvas.rectangle(x - 0.17, 0.0, 0.34, 0.32, WHITE);
            canvas.rectangle(x - 0.13, 0.04, 0.26, 0.24, pane);
        }
    });
}

fn tree(canvas: &mut Canvas, chance: &mut Chance, pose: Pose, backdrop: Colour) {
    let leaf = paint_against(backdrop, chance).mix(rgb(70, 120, 60), 0.55);
    let bark = rgb(104, 76, 52).darker(chance.between(0.0, 0.4));
    let fir = chance.happens(0.45);
    canvas.within(pose.frame(), |canvas| {
        canvas.polygon(&[(-0.14, 1.3), (-0.09, 0.0), (0.09, 0.0), (0.14, 1.3)], bark);
        if fir {
            for tier in 0..3 {
                let (top, half) = (-1.1 + 0.45 * tier as f32, 0.42 + 0.17 * tier as f32);
                canvas.polygon(&[(-half, top + 0.8), (0.0, top), (half, top + 0.8)], leaf.darker(0.08 * tier as f32));
            }
        } else {
            for _ in 0..9 {
                let (x, y) = (chance.around_zero(0.33), -0.4 + chance.around_zero(0.28));
                let radius = chance.between(0.3, 0.5);
                canvas.ellipse(x, y, radius, radius * 0.9, leaf.darker(chance.between(0.0, 0.3)));
            }
        }
    });
}

fn ball(canvas: &mut Canvas, chance: &mut Chance, pose: Pose, backdrop: Colour) {
    let main = paint_against(backdrop, chance);
    let band = main.mix(paint(chance), 0.8);
    let radius = chance.between(0.65, 1.0);
    let patched = chance.happens(0.5);
    canvas.within(pose.frame(), |canvas| {
        canvas.ellipse(0.1, radius * 0.98, radius * 0.9, radius * 0.16, Fill::Sheer(INK, 0.4));
        canvas.ellipse(0.0, 0.0, radius, radius, Fill::Round((-0.3, -0.35), 1.7, main.lighter(0.3), main.darker(0.35)));
        if patched {
            for (x, y) in [(0.0, 0.0), (0.55, -0.35), (-0.55, -0.35), (0.4, 0.55), (-0.4, 0.55)] {
                canvas.ellipse(x * radius, y * radius, 0.2 * radius, 0.18 * radius, band);
            }
        } else {
            let curve = [(-radius * 0.95, -0.1), (0.0, radius * 0.7), (radius * 0.95, -0.1)];
            canvas.stroke(&curve, 0.16, band);
        }
    });
}

fn mug(canvas: &mut Canvas, chance: &mut Chance, pose: Pose, backdrop: Colour) {
    let main = paint_against(backdrop, chance);
    let table = paint(chance);
    let half = chance.between(0.5, 0.7);
    canvas.within(pose.frame(), |canvas| {
        canvas.rectangle(-4.0, 0.65, 8.0, 3.0, table);
        canvas.stroke(&[(half, -0.35), (half + 0.75, -0.3), (half + 0.6, 0.55), (half, 0.45)], 0.15, main.darker(0.2));
        let side = Fill::Across((-half, 0.0), main.lighter(0.25), (half, 0.0), main.darker(0.3));
        canvas.rectangle(-half, -0.65, half * 2.0, 1.4, side);
        canvas.ellipse(0.0, 0.75, half, 0.16, main.darker(0.1));
        canvas.ellipse(0.0, -0.65, half, 0.17, main.lighter(0.3));
        canvas.ellipse(0.0, -0.63, half * 0.86, 0.12, rgb(74, 46, 32));
    });
}

fn flower(canvas: &mut Canvas, chance: &mut Chance, pose: Pose, backdrop: Colour) {
    let petal = paint_against(backdrop, chance);
    let heart = paint(chance).mix(rgb(226, 180, 60), 0.6);
    let count = 5 + chance.below(4);
    let stem = rgb(84, 128, 66);
    canvas.within(pose.frame(), |canvas| {
        canvas.stroke(&[(0.0, 0.0), (0.2, 0.8), (-0.05, 2.5)], 0.12, stem);
        canvas.tilted((0.4, 1.0), (0.4, 0.14), -30.0, stem);
        for i in 0..count {
            let degrees = 360.0 / count as f32 * i as f32;
            let (sin, cos) = degrees.to_radians().sin_cos();
            let shade = petal.darker(0.18 * (i % 2) as f32);
            canvas.tilted((cos * 0.52, sin * 0.52 - 0.15), (0.46, 0.25), degrees, shade);
        }
        canvas.ellipse(0.0, -0.15, 0.28, 0.28, heart);
    });
}

#[cfg(test)]
mod tests {
    use super::KINDS;

    #[test]
    fn the_shares_of_the_kinds_add_up_to_one() {
        let sum: f32 = KINDS.iter().map(|(share, _)| share).sum();
        assert!((sum - 1.0).abs() < 1e-5, "{sum}");
    }
}
