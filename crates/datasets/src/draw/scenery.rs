//! What stands behind and in front of the subject, drawn alike for cats and non-cats.

use super::canvas::{Canvas, Fill};
use super::chance::Chance;
use super::palette::{Colour, paint, rgb};

/// Paints a backdrop over the whole canvas and returns its prevailing colour.
pub(super) fn backdrop(canvas: &mut Canvas, chance: &mut Chance) -> Colour {
    let main = paint(chance).mid_toned();
    let second = main.mix(paint(chance), chance.between(0.15, 0.5));
    match chance.below(6) {
        0 => gradient(canvas, chance, main, second),
        1 => stripes(canvas, chance, main, second),
        2 => patches(canvas, chance, main, second),
        3 => floor_and_wall(canvas, chance, main, second),
        4 => landscape(canvas, chance, main),
        _ => spots(canvas, chance, main, second),
    }
    if chance.happens(0.5) {
        clutter(canvas, chance);
    }
    main.mix(second, 0.5)
}

fn gradient(canvas: &mut Canvas, chance: &mut Chance, main: Colour, second: Colour) {
    let (x, y) = (chance.unit(), chance.unit());
    canvas.flood(Fill::Across((x, 0.0), main, (1.0 - x, 0.4 + y), second));
}

fn stripes(canvas: &mut Canvas, chance: &mut Chance, main: Colour, second: Colour) {
    canvas.flood(main);
    let second = main.mix(second, 0.6);
    let gap = chance.between(0.08, 0.25);
    let lean = chance.between(-0.7, 0.7);
    let upright = chance.happens(0.5);
    let mut at = -1.0 - gap * chance.unit();
    while at < 2.0 {
        let ends = if upright { [(at, -0.1), (at + lean, 1.1)] } else { [(-0.1, at), (1.1, at + lean)] };
        canvas.stroke(&ends, gap * 0.45, second);
        at += gap;
    }
}

/// Soft overlapping blots: leaves, blankets, out-of-focus gardens.
fn patches(canvas: &mut Canvas, chance: &mut Chance, main: Colour, second: Colour) {
    canvas.flood(main);
    for _ in 0..14 + chance.below(14) {
        let colour = main.mix(second, chance.unit()).mix(paint(chance), 0.15);
        let centre = (chance.between(-0.1, 1.1), chance.between(-0.1, 1.1));
        let half = (chance.between(0.06, 0.3), chance.between(0.04, 0.18));
        let share = chance.between(0.3, 0.8);
        canvas.tilted(centre, half, chance.between(0.0, 180.0), Fill::Sheer(colour, share));
    }
}

fn floor_and_wall(canvas: &mut Canvas, chance: &mut Chance, wall: Colour, floor: Colour) {
    canvas.flood(Fill::Across((0.0, 0.0), wall.lighter(0.1), (0.0, 1.0), wall.darker(0.1)));
    let edge = chance.between(0.5, 0.85);
    let tilt = chance.around_zero(0.05);
    let corners = [(0.0, edge - tilt), (1.0, edge + tilt), (1.0, 1.1), (0.0, 1.1)];
    canvas.polygon(&corners, floor);
    canvas.stroke(&corners[..2], 0.012, floor.darker(0.35));
}

fn landscape(canvas: &mut Canvas, chance: &mut Chance, sky: Colour) {
    let sky = sky.mix(rgb(150, 190, 226), 0.5);
    canvas.flood(Fill::Across((0.0, 0.0), sky, (0.0, 0.7), sky.lighter(0.4)));
    let mut top = chance.between(0.4, 0.6);
    let ground = paint(chance).mix(rgb(86, 128, 70), 0.5);
    for layer in 0..2 + chance.below(2) {
        let colour = ground.darker(0.16 * layer as f32);
        let bump = |chance: &mut Chance| top + chance.around_zero(0.08);
        let hills = [
            (-0.4, 1.4),
            (-0.4, bump(chance)),
            (0.15, bump(chance)),
            (0.5, bump(chance)),
            (0.85, bump(chance)),
            (1.4, bump(chance)),
            (1.4, 1.4),
        ];
        canvas.blob(&hills, colour);
        top += chance.between(0.12, 0.22);
    }
}

fn spots(canvas: &mut Canvas, chance: &mut Chance, main: Colour, second: Colour) {
    canvas.flood(Fill::Round((chance.unit(), chance.unit()), 0.9, main.lighter(0.15), main));
    let step = chance.between(0.14, 0.28);
    let radius = step * chance.between(0.15, 0.32);
    let (left, top) = (step * chance.unit(), step * chance.unit());
    let colour = main.mix(second, 0.6);
    for row in 0..(1.2 / step) as usize {
        for column in 0..(1.2 / step) as usize {
            let shift = if row % 2 == 0 { 0.0 } else { step / 2.0 };
            let (x, y) = (left + shift + column as f32 * step, top + row as f32 * step);
            canvas.ellipse(x - 0.1, y - 0.1, radius, radius, colour);
        }
    }
}

/// A thing somewhere near the rim that belongs to nobody: a triangle, a disc, a box, a branch.
fn clutter(canvas: &mut Canvas, chance: &mut Chance) {
    let colour = paint(chance);
    let x = 0.5 + chance.sign() * chance.between(0.28, 0.52);
    let y = chance.between(0.05, 0.95);
    let size = chance.between(0.05, 0.16);
    match chance.below(4) {
        0 => canvas.polygon(
            &[(x - size, y + size), (x + chance.around_zero(size / 2.0), y - size), (x + size, y + size)],
            colour,
        ),
        1 => canvas.ellipse(x, y, size, size * chance.between(0.6, 1.4), colour),
        2 => canvas.rectangle(x - size, y - size, size * 2.0, size * chance.between(1.0, 3.0), colour),
        _ => canvas.stroke(
            &[(x, -0.1), (x + chance.around_zero(0.2), 0.5), (x + chance.around_zero(0.2), 1.1)],
            size * 0.4,
            colour,
        ),
    }
}

/// Puts something in front of the subject, in about one picture of three.
pub(super) fn occlude(canvas: &mut Canvas, chance: &mut Chance) {
    if !chance.happens(0.25) {
        return;
    }
    let colour = paint(chance);
    match chance.below(4) {
        0 => {
            let at = chance.unit();
            let width = chance.between(0.03, 0.08);
            canvas.stroke(&[(at, -0.1), (at + chance.around_zero(0.1), 1.1)], width, colour);
        }
        1 => {
            let x = chance.pick(&[0.0, 1.0]);
            let y = chance.unit();
            let half = (chance.between(0.14, 0.3), chance.between(0.06, 0.14));
            let degrees = chance.between(0.0, 180.0);
            canvas.tilted((x, y), half, degrees, colour);
            canvas.tilted((x, y), (half.0, half.1 * 0.12), degrees, colour.darker(0.3));
        }
        2 => {
            let top = chance.between(0.78, 0.95);
            for _ in 0..26 {
                let x = chance.between(-0.05, 1.05);
                let tip = (x + chance.around_zero(0.05), top - chance.between(-0.05, 0.12));
                canvas.polygon(&[(x - 0.025, 1.1), tip, (x + 0.025, 1.1)], colour.darker(chance.between(0.0, 0.4)));
            }
        }
        _ => {
            let edge = chance.between(0.0, 0.14);
            let left = if chance.happens(0.5) { edge - 1.0 } else { 1.0 - edge };
            canvas.rectangle(left, -0.1, 1.0, 1.2, colour);
        }
    }
}
