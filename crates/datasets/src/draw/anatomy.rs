//! What four-legged animals have in common: bodies that carry a head, eyes, stripes.

use tiny_skia::Transform;

use super::canvas::{Canvas, Fill, Pose};
use super::chance::Chance;
use super::palette::{Coat, Colour, INK, WHITE, rgb};

/// A tail, as far as a body's outline is concerned.
#[derive(Clone, Copy)]
pub(super) enum Tail {
    /// As long as the body.
    Long,
    /// Half of that, carried high.
    Short,
    /// A ball of fluff.
    Tuft,
}

/// Draws a whole animal, sitting, lying or in close-up, and its head by `head`, in the head's own frame
/// (centre (0, 0), radius about 1).
pub(super) fn animal(
    canvas: &mut Canvas,
    chance: &mut Chance,
    pose: Pose,
    coat: Coat,
    tail: Tail,
    head: impl FnOnce(&mut Canvas, &mut Chance),
) {
    let striped = chance.happens(0.4);
    let (x, y, radius) = match chance.below(10) {
        0..=7 => {
            canvas.within(pose.frame(), |canvas| close_up(canvas, chance, coat));
            (0.0, -0.08, chance.between(0.68, 0.8))
        }
        8 => {
            canvas.within(pose.frame(), |canvas| sitting(canvas, chance, coat, tail, striped));
            (0.0, -0.5, chance.between(0.46, 0.54))
        }
        _ => {
            canvas.within(pose.frame(), |canvas| lying(canvas, chance, coat, tail, striped));
            (-0.55, -0.22, chance.between(0.46, 0.54))
        }
    };
    let tilt = chance.around_zero(5.0);
    let frame = pose.frame().pre_translate(x, y).pre_rotate(tilt).pre_scale(radius, radius);
    canvas.within(frame, |canvas| head(canvas, chance));
}

/// Shoulders and chest under a head that fills the picture.
fn close_up(canvas: &mut Canvas, chance: &mut Chance, coat: Coat) {
    let wide = chance.between(0.62, 0.85);
    let body = [(-0.35, 0.2), (0.35, 0.2), (wide, 0.9), (wide, 2.6), (-wide, 2.6), (-wide, 0.9)];
    canvas.blob(&body, Fill::Across((0.0, 0.4), coat.main.darker(0.25), (0.0, 1.2), coat.main));
    canvas.ellipse(0.0, 0.95, 0.3, 0.42, coat.bib);
}

fn sitting(canvas: &mut Canvas, chance: &mut Chance, coat: Coat, tail: Tail, striped: bool) {
    match tail {
        Tail::Long => {
            let tip = (chance.between(0.75, 1.0), chance.between(-0.5, 0.6));
            canvas.stroke(&[(0.3, 0.85), (1.05, 0.95), (0.6, 0.2), tip], 0.17, coat.mark.mix(coat.main, 0.5));
        }
        Tail::Short => canvas.stroke(&[(0.35, 0.75), (0.7, 0.7), (0.75, 0.35)], 0.13, coat.mark.mix(coat.main, 0.5)),
        Tail::Tuft => canvas.ellipse(0.55, 0.78, 0.18, 0.17, coat.light),
    }
    let wide = chance.between(0.55, 0.68);
    let body = [(-0.22, -0.5), (0.22, -0.5), (wide, 0.2), (wide, 1.15), (-wide, 1.15), (-wide, 0.2)];
    canvas.blob(&body, Fill::Across((-0.5, 0.0), coat.main.lighter(0.1), (0.6, 0.2), coat.main.darker(0.25)));
    if striped {
        for i in 0..3 {
            let y = 0.15 + 0.22 * i as f32;
            canvas.stroke(&[(-0.5, y + 0.05), (-0.36, y), (-0.26, y + 0.08)], 0.07, coat.mark);
            canvas.stroke(&[(0.5, y + 0.05), (0.36, y), (0.26, y + 0.08)], 0.07, coat.mark);
        }
    }
    canvas.ellipse(0.0, 0.12, 0.24, 0.38, coat.bib);
    for x in [-0.17, 0.17] {
        canvas.stroke(&[(x, 0.4), (x * 1.1, 0.92)], 0.2, coat.main);
        canvas.ellipse(x * 1.2, 0.98, 0.15, 0.1, coat.bib);
    }
}

fn lying(canvas: &mut Canvas, chance: &mut Chance, coat: Coat, tail: Tail, striped: bool) {
    match tail {
        Tail::Long => {
            let rise = chance.between(-0.9, 0.6);
            canvas.stroke(&[(0.8, 0.4), (1.3, 0.5), (1.25, rise)], 0.16, coat.mark.mix(coat.main, 0.5));
        }
        Tail::Short => canvas.stroke(&[(0.8, 0.2), (1.05, 0.0), (1.1, -0.25)], 0.12, coat.mark.mix(coat.main, 0.5)),
        Tail::Tuft => canvas.ellipse(0.98, 0.3, 0.18, 0.17, coat.light),
    }
    let back = chance.between(-0.4, -0.2);
    let body = [(-0.75, 0.0), (-0.2, back), (0.6, back), (1.1, 0.2), (0.95, 0.68), (0.0, 0.7), (-0.8, 0.65)];
    canvas.blob(&body, Fill::Across((0.0, back), coat.main.lighter(0.08), (0.0, 0.7), coat.main.darker(0.3)));
    if striped {
        for i in 0..5 {
            let x = -0.1 + 0.2 * i as f32;
            canvas.stroke(&[(x, back + 0.12), (x + 0.1, 0.05), (x + 0.04, 0.25)], 0.07, coat.mark);
        }
    }
    canvas.stroke(&[(-0.6, 0.55), (-0.95, 0.6)], 0.17, coat.main.mix(coat.bib, 0.7));
    canvas.stroke(&[(-0.3, 0.6), (-0.7, 0.66)], 0.17, coat.main.mix(coat.bib, 0.5));
    canvas.ellipse(0.7, 0.45, 0.3, 0.24, coat.main.darker(0.08));
}

/// A head's outline, lit from above.
pub(super) fn skull(canvas: &mut Canvas, coat: Coat, outline: &[(f32, f32)]) {
    canvas.blob(outline, Fill::Round((-0.15, -0.3), 1.5, coat.main.lighter(0.12), coat.main.darker(0.3)));
}

/// Tabby marks on the forehead and cheeks.
pub(super) fn face_stripes(canvas: &mut Canvas, colour: Colour) {
    for x in [-0.26, 0.0, 0.26] {
        canvas.stroke(&[(x, -0.8), (x * 0.8, -0.62), (x * 0.7, -0.42)], 0.08, colour);
    }
    for side in [-1.0, 1.0] {
        canvas.stroke(&[(side * 0.92, 0.02), (side * 0.8, 0.03), (side * 0.66, 0.1)], 0.07, colour);
        canvas.stroke(&[(side * 0.9, 0.24), (side * 0.78, 0.24), (side * 0.64, 0.28)], 0.07, colour);
    }
}

/// How a pair of eyes looks.
#[derive(Clone, Copy)]
pub(super) struct Eyes {
    pub(super) apart: f32,
    pub(super) height: f32,
    pub(super) half: (f32, f32),
    pub(super) iris: Colour,
    /// The pupil's half width as a share of its half height: 1 is round, 0.25 a slit.
    pub(super) pupil: f32,
}

/// The colour of an iris.
pub(super) fn iris(chance: &mut Chance) -> Colour {
    chance.pick(&[
        rgb(196, 206, 84),
        rgb(222, 176, 60),
        rgb(116, 172, 106),
        rgb(120, 176, 214),
        rgb(110, 74, 44),
        rgb(70, 48, 36),
    ])
}

/// Draws both eyes, open or (in one picture of eight) shut.
pub(super) fn eyes(canvas: &mut Canvas, chance: &mut Chance, eyes: Eyes) {
    let shut = chance.happens(0.12);
    let glance = chance.around_zero(0.04);
    for side in [-1.0, 1.0] {
        let (x, y) = (side * eyes.apart, eyes.height);
        let (across, down) = eyes.half;
        if shut {
            let lid = [(x - across, y), (x, y + down), (x + across, y)];
            canvas.stroke(&lid, 0.07, INK);
            continue;
        }
        canvas.tilted((x, y), (across * 1.18, down * 1.18), side * -10.0, INK);
        canvas.tilted((x, y), (across, down), side * -10.0, eyes.iris);
        let tall = down * 0.92;
        canvas.ellipse(x + glance, y, (tall * eyes.pupil).min(across), tall, INK);
        canvas.ellipse(x + glance + 0.05, y - down * 0.4, 0.05, 0.05, WHITE);
    }
}

/// The frame of one side of a head: 1 draws as it is, -1 mirrored.
pub(super) fn side_frame(side: f32) -> Transform {
    Transform::from_scale(side, 1.0)
}
