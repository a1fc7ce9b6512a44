//! From a clean drawing to something like a photograph: light, contrast, exposure, tint and the sensor's noise.

use super::canvas::Canvas;
use super::chance::Chance;

/// Applies light and noise and returns the picture's bytes, three a pixel.
pub(super) fn develop(canvas: Canvas, chance: &mut Chance) -> Vec<u8> {
    let rgba = canvas.into_rgba();
    let pixels = rgba.len() / 4;
    let side = pixels.isqrt();
    let contrast = chance.between(0.75, 1.15);
    let exposure = chance.around_zero(0.06);
    let tint = [chance.around_zero(0.03), chance.around_zero(0.02), chance.around_zero(0.03)];
    let noise = chance.between(0.004, 0.025);
    let light = Light::random(chance);
    let mottle = Mottle::random(chance);
    let mut rgb = Vec::with_capacity(pixels * 3);
    for (i, pixel) in rgba.chunks_exact(4).enumerate() {
        let x = ((i % side) as f32 + 0.5) / side as f32;
        let y = ((i / side) as f32 + 0.5) / side as f32;
        let lit = light.at(x, y) * mottle.at(x, y);
        for (&byte, tint) in pixel.iter().zip(tint) {
            let value = f32::from(byte) / 255.0 * lit;
            let value = (value - 0.5) * contrast + 0.5 + exposure + tint + chance.around_zero(noise);
            rgb.push((value.clamp(0.0, 1.0) * 255.0).round() as u8);
        }
    }
    rgb
}

/// Light that falls off from one side, and a darker rim.
struct Light {
    slope: (f32, f32),
    rim: f32,
}

impl Light {
    fn random(chance: &mut Chance) -> Self {
        Self { slope: (chance.around_zero(0.2), chance.around_zero(0.15)), rim: chance.between(0.0, 0.5) }
    }

    fn at(&self, x: f32, y: f32) -> f32 {
        let (x, y) = (x - 0.5, y - 0.5);
        (1.0 + self.slope.0 * x + self.slope.1 * y) * (1.0 - self.rim * (x * x + y * y))
    }
}

/// Uneven light, as through leaves or a net curtain: value noise on a coarse grid, the same at every resolution.
struct Mottle {
    strength: f32,
    heights: [[f32; Self::CELLS + 1]; Self::CELLS + 1],
}

impl Mottle {
    const CELLS: usize = 8;

    fn random(chance: &mut Chance) -> Self {
        let strength = chance.between(0.0, 0.08);
        let mut heights = [[0.0; Self::CELLS + 1]; Self::CELLS + 1];
        for height in heights.as_flattened_mut() {
            *height = chance.around_zero(1.0);
        }
        Self { strength, heights }
    }

    fn at(&self, x: f32, y: f32) -> f32 {
        let split = |at: f32| {
            let at = at * Self::CELLS as f32;
            let cell = (at as usize).min(Self::CELLS - 1);
            let part = at - cell as f32;
            // A smooth step hides the grid.
            (cell, part * part * (3.0 - 2.0 * part))
        };
        let ((column, right), (row, down)) = (split(x), split(y));
        let along = |row: usize| {
            let heights = &self.heights[row];
            heights[column] + (heights[column + 1] - heights[column]) * right
        };
        let (above, below) = (along(row), along(row + 1));
        1.0 + self.strength * (above + (below - above) * down)
    }
}
