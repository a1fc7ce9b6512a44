//! Colours, and the palettes that cats and non-cats share.

use super::chance::Chance;

/// A colour: red, green and blue in 0 ..= 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Colour {
    pub(super) r: f32,
    pub(super) g: f32,
    pub(super) b: f32,
}

/// Pupils, noses, tyres.
pub(super) const INK: Colour = rgb(28, 24, 26);
/// Glints, window frames, whiskers of dark cats.
pub(super) const WHITE: Colour = rgb(244, 242, 238);
/// Tongues, and the skin in most ears.
pub(super) const PINK: Colour = rgb(226, 150, 150);

/// A colour from its bytes.
pub(super) const fn rgb(r: u8, g: u8, b: u8) -> Colour {
    Colour { r: r as f32 / 255.0, g: g as f32 / 255.0, b: b as f32 / 255.0 }
}

impl Colour {
    /// `share` of the way to another colour.
    pub(super) fn mix(self, other: Self, share: f32) -> Self {
        let mix = |a: f32, b: f32| (a + (b - a) * share).clamp(0.0, 1.0);
        Self { r: mix(self.r, other.r), g: mix(self.g, other.g), b: mix(self.b, other.b) }
    }

    /// Darker by this share.
    pub(super) fn darker(self, share: f32) -> Self {
        self.mix(rgb(12, 10, 14), share)
    }

    /// Lighter by this share.
    pub(super) fn lighter(self, share: f32) -> Self {
        self.mix(rgb(255, 252, 246), share)
    }

    /// The same hue, brought near a middle brightness.
    pub(super) fn mid_toned(self) -> Self {
        let wanted = 0.48 + 0.3 * (self.luma() - 0.48);
        if self.luma() > wanted {
            self.mix(rgb(0, 0, 0), 1.0 - wanted / self.luma())
        } else {
            self.mix(rgb(255, 255, 255), (wanted - self.luma()) / (1.0 - self.luma()))
        }
    }

    /// Perceived brightness, 0 to 1 (Rec. 601 weights).
    pub(super) fn luma(self) -> f32 {
        0.299 * self.r + 0.587 * self.g + 0.114 * self.b
    }

    /// A little off, each channel by itself.
    fn shifted(self, chance: &mut Chance, spread: f32) -> Self {
        let mut shift = |x: f32| (x + chance.around_zero(spread)).clamp(0.0, 1.0);
        Self { r: shift(self.r), g: shift(self.g), b: shift(self.b) }
    }
}

/// What a coat is made of: its main colour, its darker marks, its light marks, the bib (chest, muzzle
/// and paws), and the skin of nose and ears.
#[derive(Clone, Copy, Debug)]
pub(super) struct Coat {
    pub(super) main: Colour,
    pub(super) mark: Colour,
    pub(super) light: Colour,
    pub(super) bib: Colour,
    pub(super) skin: Colour,
}

/// Main colour, darker marks, light marks: ginger, grey, black, white, cream, brown, tabby, blue, tuxedo, calico.
const COATS: [(Colour, Colour, Colour); 10] = [
    (rgb(212, 132, 62), rgb(158, 84, 34), rgb(248, 226, 196)),
    (rgb(134, 134, 138), rgb(82, 82, 88), rgb(206, 206, 206)),
    (rgb(50, 48, 52), rgb(28, 26, 30), rgb(94, 90, 92)),
    (rgb(234, 230, 224), rgb(198, 190, 180), rgb(252, 250, 248)),
    (rgb(222, 202, 172), rgb(112, 80, 62), rgb(244, 234, 216)),
    (rgb(128, 94, 64), rgb(74, 52, 38), rgb(204, 176, 142)),
    (rgb(160, 142, 116), rgb(88, 72, 56), rgb(226, 214, 196)),
    (rgb(98, 110, 126), rgb(64, 72, 84), rgb(164, 174, 186)),
    (rgb(44, 40, 42), rgb(24, 22, 24), rgb(238, 234, 230)),
    (rgb(186, 108, 70), rgb(60, 44, 40), rgb(240, 228, 214)),
];

/// A coat that a cat, a dog, a rabbit or a bear could wear.
fn coat(chance: &mut Chance) -> Coat {
    let (main, mark, light) = chance.pick(&COATS);
    let main = main.shifted(chance, 0.03);
    let mark = mark.shifted(chance, 0.02);
    let light = light.shifted(chance, 0.02);
    Coat {
        main,
        mark,
        light,
        // As often darker as lighter: a bib that is always pale would be seen by a linear classifier.
        bib: if chance.happens(0.45) { main.mix(light, 0.8) } else { main.mix(mark, 0.5) },
        skin: if chance.happens(0.6) { PINK.shifted(chance, 0.05) } else { main.darker(0.6) },
    }
}

/// Any colour: for backdrops, cars, balls and everything else without fur.
pub(super) fn paint(chance: &mut Chance) -> Colour {
    if chance.happens(0.4) {
        // Fur colours turn up on walls and cars too, so that hue says little about what is in the picture.
        return chance.pick(&COATS).0.shifted(chance, 0.08);
    }
    let hue = chance.between(0.0, 6.0);
    let channel = |offset: f32| (((hue + offset) % 6.0 - 3.0).abs() - 1.0).clamp(0.0, 1.0);
    let pure = Colour { r: channel(0.0), g: channel(4.0), b: channel(2.0) };
    let grey = chance.between(0.15, 0.9);
    let grey = Colour { r: grey, g: grey, b: grey };
    grey.mix(pure, chance.between(0.1, 0.55))
}

/// The first of a few proposals that stands out from `behind`, as most subjects of photographs do (and some don't).
/// Lighter than it as often as darker: a linear classifier's template then cancels out, and a net needs hidden units.
fn standing_out<T>(behind: Colour, chance: &mut Chance, propose: fn(&mut Chance) -> T, colour: fn(&T) -> Colour) -> T {
    let side = chance.sign();
    let mut found = propose(chance);
    for _ in 0..12 {
        if (colour(&found).luma() - behind.luma()) * side > 0.15 {
            break;
        }
        found = propose(chance);
    }
    found
}

/// A coat that mostly stands out from `behind`.
pub(super) fn coat_against(behind: Colour, chance: &mut Chance) -> Coat {
    standing_out(behind, chance, coat, |coat| coat.main)
}

/// A paint that mostly stands out from `behind`.
pub(super) fn paint_against(behind: Colour, chance: &mut Chance) -> Colour {
    standing_out(behind, chance, paint, |paint| *paint)
}
