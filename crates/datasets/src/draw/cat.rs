//! Cats: pointed ears, a short face, whiskers.

use super::anatomy::{Eyes, Tail, animal, eyes, face_stripes, iris, side_frame, skull};
use super::canvas::{Canvas, Fill, Pose};
use super::chance::Chance;
use super::palette::{Coat, Colour, INK, WHITE, coat_against};

/// Draws a cat in this pose.
pub(super) fn cat(canvas: &mut Canvas, chance: &mut Chance, pose: Pose, backdrop: Colour) {
    let coat = coat_against(backdrop, chance);
    animal(canvas, chance, pose, coat, Tail::Long, |canvas, chance| {
        head(canvas, chance, coat);
    });
}

fn head(canvas: &mut Canvas, chance: &mut Chance, coat: Coat) {
    let reach = chance.between(1.15, 1.4);
    let spread = chance.between(0.62, 0.8);
    let points = chance.happens(0.25);
    for side in [-1.0, 1.0] {
        // Each ear turns a little by itself.
        let tip = (spread + chance.around_zero(0.05), -reach + chance.around_zero(0.06));
        let back = if points { coat.mark } else { coat.main.darker(0.15) };
        canvas.within(side_frame(side), |canvas| ear(canvas, tip, back, coat));
    }
    let wide = chance.between(1.15, 1.3);
    let outline = [
        (-0.45, -0.95),
        (0.45, -0.95),
        (wide - 0.12, -0.68),
        (wide, 0.35),
        (0.5, 1.02),
        (-0.5, 1.02),
        (-wide, 0.35),
        (0.12 - wide, -0.68),
    ];
    skull(canvas, coat, &outline);
    if points {
        canvas.ellipse(0.0, 0.2, 0.52, 0.48, Fill::Sheer(coat.mark, 0.75));
    } else if chance.happens(0.55) {
        face_stripes(canvas, coat.mark);
    }
    let round = chance.happens(0.35);
    let look = Eyes {
        apart: chance.between(0.38, 0.46),
        height: chance.between(-0.16, -0.04),
        half: (0.2, chance.between(0.15, 0.2)),
        iris: iris(chance),
        pupil: if round { 0.8 } else { chance.between(0.25, 0.5) },
    };
    eyes(canvas, chance, look);
    muzzle(canvas, chance, coat);
}

fn ear(canvas: &mut Canvas, tip: (f32, f32), back: Colour, coat: Coat) {
    canvas.polygon(&[(0.12, -0.62), tip, (0.98, -0.18)], back);
    let inner = |x: f32, y: f32, share: f32| (x + (0.6 - x) * share, y + (-0.55 - y) * share);
    let inside = [inner(0.12, -0.62, 0.4), inner(tip.0, tip.1, 0.3), inner(0.98, -0.18, 0.4)];
    canvas.polygon(&inside, coat.skin.mix(coat.main, 0.25));
}

fn muzzle(canvas: &mut Canvas, chance: &mut Chance, coat: Coat) {
    for side in [-1.0, 1.0] {
        canvas.ellipse(side * 0.17, 0.44, 0.24, 0.19, coat.bib);
    }
    canvas.ellipse(0.0, 0.62, 0.17, 0.13, coat.bib);
    canvas.polygon(&[(-0.13, 0.22), (0.13, 0.22), (0.0, 0.37)], coat.skin);
    let line = coat.mark.darker(0.4);
    for side in [-1.0, 1.0] {
        canvas.stroke(&[(0.0, 0.36), (side * 0.04, 0.56), (side * 0.24, 0.5)], 0.045, line);
    }
    let whisker = if coat.main.luma() < 0.45 || chance.happens(0.4) { WHITE } else { INK };
    let droop = chance.around_zero(0.06);
    for side in [-1.0, 1.0] {
        for (from, to) in [(0.38, 0.22), (0.45, 0.46), (0.52, 0.68)] {
            let end = (side * 1.3, to + droop);
            canvas.stroke(&[(side * 0.3, from), (side * 0.8, from - 0.06), end], 0.032, whisker);
        }
    }
}
