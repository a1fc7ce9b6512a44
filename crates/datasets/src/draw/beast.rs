//! Animals that are easily taken for cats: dogs, rabbits, bears, owls; and birds.

use super::anatomy::{Eyes, Tail, animal, eyes, face_stripes, iris, side_frame, skull};
use super::canvas::{Canvas, Fill, Pose};
use super::chance::Chance;
use super::palette::{Coat, Colour, INK, PINK, coat_against, paint_against, rgb};

/// Draws a dog: hanging ears, a long muzzle, a big nose.
pub(super) fn dog(canvas: &mut Canvas, chance: &mut Chance, pose: Pose, backdrop: Colour) {
    let coat = coat_against(backdrop, chance);
    animal(canvas, chance, pose, coat, Tail::Short, |canvas, chance| dog_head(canvas, chance, coat));
}

fn dog_head(canvas: &mut Canvas, chance: &mut Chance, coat: Coat) {
    let outline = [
        (-0.5, -1.0),
        (0.5, -1.0),
        (1.05, -0.6),
        (0.95, 0.3),
        (0.62, 1.15),
        (-0.62, 1.15),
        (-0.95, 0.3),
        (-1.05, -0.6),
    ];
    skull(canvas, coat, &outline);
    let flap = if chance.happens(0.6) { coat.mark } else { coat.main.darker(0.25) };
    let length = chance.between(0.5, 1.1);
    for side in [-1.0, 1.0] {
        let length = length + chance.around_zero(0.05);
        canvas.within(side_frame(side), |canvas| {
            let ear = [(0.35, -0.95), (0.85, -0.95), (1.3, -0.3), (1.25, length), (0.85, length), (0.8, -0.3)];
            canvas.blob(&ear, flap);
        });
    }
    if chance.happens(0.35) {
        canvas.tilted((0.4, -0.15), (0.3, 0.34), 20.0, coat.mark);
    }
    let look = Eyes {
        apart: chance.between(0.34, 0.42),
        height: chance.between(-0.24, -0.1),
        half: (0.15, chance.between(0.12, 0.16)),
        iris: iris(chance),
        pupil: 0.85,
    };
    eyes(canvas, chance, look);
    canvas.ellipse(0.0, 0.5, 0.45, 0.42, coat.bib);
    if chance.happens(0.4) {
        canvas.ellipse(0.0, 0.92, 0.16, 0.25, PINK);
    }
    canvas.ellipse(0.0, 0.3, 0.22, 0.15, INK);
    for side in [-1.0, 1.0] {
        canvas.stroke(&[(0.0, 0.44), (side * 0.05, 0.78), (side * 0.34, 0.68)], 0.05, coat.mark.darker(0.4));
    }
}

/// Draws a rabbit: long upright ears, eyes at the sides.
pub(super) fn rabbit(canvas: &mut Canvas, chance: &mut Chance, pose: Pose, backdrop: Colour) {
    let coat = coat_against(backdrop, chance);
    let pose = Pose { y: pose.y + 0.06, ..pose };
    animal(canvas, chance, pose, coat, Tail::Tuft, |canvas, chance| rabbit_head(canvas, chance, coat));
}

fn rabbit_head(canvas: &mut Canvas, chance: &mut Chance, coat: Coat) {
    let length = chance.between(0.55, 0.8);
    for side in [-1.0, 1.0] {
        let lean = side * chance.between(4.0, 26.0);
        let centre = (side * 0.42 + lean * 0.008, -0.7 - length * 0.75);
        canvas.tilted(centre, (0.24, length), lean, coat.main.darker(0.12));
        canvas.tilted(centre, (0.12, length * 0.75), lean, coat.skin.mix(coat.main, 0.25));
    }
    let outline = [(-0.5, -0.95), (0.5, -0.95), (1.0, -0.1), (0.85, 0.95), (-0.85, 0.95), (-1.0, -0.1)];
    skull(canvas, coat, &outline);
    let look = Eyes {
        apart: chance.between(0.48, 0.56),
        height: chance.between(-0.15, 0.0),
        half: (0.14, 0.18),
        iris: iris(chance).darker(0.4),
        pupil: 0.8,
    };
    eyes(canvas, chance, look);
    canvas.ellipse(0.0, 0.48, 0.34, 0.24, coat.bib);
    canvas.polygon(&[(-0.1, 0.3), (0.1, 0.3), (0.0, 0.42)], coat.skin);
    canvas.stroke(&[(0.0, 0.42), (0.0, 0.6)], 0.05, coat.mark.darker(0.4));
}

/// Draws a bear: small round ears on top of a wide head.
pub(super) fn bear(canvas: &mut Canvas, chance: &mut Chance, pose: Pose, backdrop: Colour) {
    let coat = coat_against(backdrop, chance);
    animal(canvas, chance, pose, coat, Tail::Tuft, |canvas, chance| bear_head(canvas, chance, coat));
}

fn bear_head(canvas: &mut Canvas, chance: &mut Chance, coat: Coat) {
    let radius = chance.between(0.28, 0.38);
    for side in [-1.0, 1.0] {
        canvas.ellipse(side * 0.72, -0.75, radius, radius, coat.main.darker(0.2));
        canvas.ellipse(side * 0.7, -0.7, radius * 0.55, radius * 0.55, coat.light.mix(coat.main, 0.4));
    }
    let outline = [(-0.6, -1.05), (0.6, -1.05), (1.2, 0.0), (0.8, 1.05), (-0.8, 1.05), (-1.2, 0.0)];
    skull(canvas, coat, &outline);
    if chance.happens(0.3) {
        face_stripes(canvas, coat.mark);
    }
    let look = Eyes {
        apart: chance.between(0.32, 0.42),
        height: chance.between(-0.18, -0.06),
        half: (0.12, 0.12),
        iris: iris(chance).darker(0.3),
        pupil: 0.9,
    };
    eyes(canvas, chance, look);
    canvas.ellipse(0.0, 0.42, 0.42, 0.34, coat.bib);
    canvas.ellipse(0.0, 0.26, 0.18, 0.12, INK);
    canvas.stroke(&[(-0.22, 0.54), (0.0, 0.68), (0.22, 0.54)], 0.05, coat.mark.darker(0.4));
}

/// Draws an owl: great round eyes, a beak and two tufts that look like ears.
pub(super) fn owl(canvas: &mut Canvas, chance: &mut Chance, pose: Pose, backdrop: Colour) {
    let coat = coat_against(backdrop, chance);
    let tufted = chance.happens(0.5);
    let look = Eyes { apart: 0.3, height: -0.42, half: (0.2, 0.2), iris: iris(chance), pupil: 0.6 };
    canvas.within(pose.frame(), |canvas| {
        if tufted {
            for side in [-1.0, 1.0] {
                canvas.polygon(&[(side * 0.2, -0.75), (side * 0.6, -1.1), (side * 0.66, -0.5)], coat.mark);
            }
        }
        let body = [(-0.55, -1.05), (0.55, -1.05), (0.85, 0.1), (0.5, 1.1), (-0.5, 1.1), (-0.85, 0.1)];
        canvas.blob(&body, coat.main);
        for side in [-1.0, 1.0] {
            canvas.tilted((side * 0.6, 0.3), (0.2, 0.58), side * 12.0, coat.mark);
            canvas.ellipse(side * 0.3, -0.42, 0.34, 0.34, coat.light);
        }
        for row in 0..3 {
            for column in -1..=1 {
                let (x, y) = (column as f32 * 0.24, 0.15 + row as f32 * 0.24);
                canvas.stroke(&[(x - 0.07, y), (x, y + 0.08), (x + 0.07, y)], 0.04, coat.mark);
            }
        }
        eyes(canvas, chance, look);
        canvas.polygon(&[(-0.1, -0.36), (0.1, -0.36), (0.0, -0.1)], rgb(222, 164, 60));
    });
}

/// Draws a bird from the side, on its branch.
pub(super) fn bird(canvas: &mut Canvas, chance: &mut Chance, pose: Pose, backdrop: Colour) {
    let main = paint_against(backdrop, chance);
    let wing = main.darker(chance.between(0.25, 0.5));
    let belly = main.lighter(chance.between(0.2, 0.6));
    let lift = chance.between(-25.0, 15.0);
    canvas.within(pose.frame(), |canvas| {
        canvas.stroke(&[(-2.0, 0.9), (0.0, 0.75), (2.0, 0.85)], 0.12, rgb(94, 70, 50));
        for x in [-0.05, 0.15] {
            canvas.stroke(&[(x, 0.4), (x, 0.8)], 0.05, rgb(190, 130, 60));
        }
        canvas.polygon(&[(0.5, -0.05), (1.3, 0.25), (1.2, 0.5), (0.4, 0.35)], wing);
        canvas.tilted((0.05, 0.08), (0.75, 0.5), 15.0, main);
        canvas.tilted((-0.1, 0.25), (0.5, 0.32), 20.0, belly);
        canvas.tilted((0.25, 0.05), (0.5, 0.24), 15.0 + lift, wing);
        canvas.ellipse(-0.5, -0.42, 0.36, 0.34, Fill::Round((-0.55, -0.5), 0.6, main.lighter(0.15), main));
        canvas.polygon(&[(-0.8, -0.5), (-1.18, -0.36), (-0.8, -0.28)], rgb(232, 170, 56));
        canvas.ellipse(-0.58, -0.48, 0.07, 0.07, INK);
    });
}
