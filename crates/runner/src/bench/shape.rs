//! Shapes on the command line: `64,784,128` or `256..1024x2,nt`.

use std::str::FromStr;

use crate::plan::products::Form;

/// The most shapes of one argument.
const MOST: usize = 1000;

/// The longest side: cblas takes 32-bit integers.
const LONGEST: usize = i32::MAX as usize;

/// The shapes of one `--shape`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shapes {
    /// The factor that is transposed, if one is.
    pub form: Form,
    /// M, N and K of each.
    pub sides: Vec<[usize; 3]>,
}

impl FromStr for Shapes {
    type Err = String;

    /// Reads M,N,K or one side for all three, and then the form, if any. Each side is a number, `FROM..TOxFACTOR` or
    /// `FROM..TO+STEP`.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut fields: Vec<&str> = text.split(',').map(str::trim).collect();
        let form = Form::ALL.into_iter().find(|(name, _)| fields.last() == Some(name)).map(|(_, form)| form);
        match (form, &fields[..]) {
            (Some(_), _) => drop(fields.pop()),
            (None, [.., last]) if last.starts_with(char::is_alphabetic) => {
                return Err(format!("{last:?} must be nn, nt or tn"));
            }
            _ => {}
        }
        let sides = fields.into_iter().map(side).collect::<Result<Vec<_>, _>>()?;
        let sides = match &sides[..] {
            [one] => one.iter().map(|&side| [side; 3]).collect(),
            [m, n, k] if m.len().saturating_mul(n.len()).saturating_mul(k.len()) <= MOST => {
                let nk = |m| n.iter().flat_map(move |&n| k.iter().map(move |&k| [m, n, k]));
                m.iter().flat_map(|&m| nk(m)).collect()
            }
            [_, _, _] => return Err(format!("these are more than {MOST} shapes")),
            _ => return Err("M,N,K or one side for all three, and nn, nt or tn after it".to_owned()),
        };
        Ok(Shapes { form: form.unwrap_or(Form::Nn), sides })
    }
}

/// Reads the lengths of one side.
fn side(text: &str) -> Result<Vec<usize>, String> {
    let Some((from, rest)) = text.split_once("..") else { return length(text).map(|side| vec![side]) };
    let way = || "a range is FROM..TOxFACTOR or FROM..TO+STEP".to_owned();
    let at = rest.find(['x', '+']).ok_or_else(way)?;
    let (from, to, step) = (length(from)?, length(&rest[..at])?, length(&rest[at + 1..])?);
    let grows = rest[at..].starts_with('x');
    if from > to || (grows && step == 1) {
        return Err(format!("{text}: {}", way()));
    }
    let next = |&side: &usize| if grows { side.checked_mul(step) } else { side.checked_add(step) };
    let sides: Vec<_> = std::iter::successors(Some(from), next).take_while(|&side| side <= to).take(MOST + 1).collect();
    if sides.len() > MOST { Err(format!("{text}: more than {MOST} lengths")) } else { Ok(sides) }
}

fn length(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(length @ 1..=LONGEST) => Ok(length),
        _ => Err(format!("{text:?} must be a whole number from 1 to {LONGEST}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sides(text: &str) -> Vec<[usize; 3]> {
        text.parse::<Shapes>().unwrap().sides
    }

    #[test]
    fn a_shape_is_three_sides_or_one_and_a_form() {
        assert_eq!("20,209,12288".parse(), Ok(Shapes { form: Form::Nn, sides: vec![[20, 209, 12_288]] }));
        assert_eq!("7, 20, 209, nt".parse(), Ok(Shapes { form: Form::Nt, sides: vec![[7, 20, 209]] }));
        assert_eq!("64,tn".parse(), Ok(Shapes { form: Form::Tn, sides: vec![[64; 3]] }));
    }

    #[test]
    fn ranges_grow_by_a_factor_or_a_step_and_alone_are_square() {
        assert_eq!(sides("64..1000x2"), [[64; 3], [128; 3], [256; 3], [512; 3]]);
        assert_eq!(sides("64..256+64,nt"), [[64; 3], [128; 3], [192; 3], [256; 3]]);
        assert_eq!(
            sides("5,1..2+1,10..1000x10"),
            [[5, 1, 10], [5, 1, 100], [5, 1, 1000], [5, 2, 10], [5, 2, 100], [5, 2, 1000]]
        );
        assert_eq!(sides("7..7x2"), [[7; 3]]);
    }

    #[test]
    fn what_is_no_shape_is_refused() {
        for text in ["", "nn", "1,2", "1,2,3,4", "0,1,1", "-1", "2147483648", "a", "64..128", "64..128x1", "9..8+1"] {
            assert!(text.parse::<Shapes>().is_err(), "{text}");
        }
        for text in ["1..1000000+1", "1..100+1,1..100+1,1", "1..2x0", "1..9+0"] {
            assert!(text.parse::<Shapes>().is_err(), "{text}");
        }
    }
}
