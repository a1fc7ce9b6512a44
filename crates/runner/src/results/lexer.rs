//! The words of a condition, each with its place.

/// A mistake in a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The place of its first character, from 1.
    pub at: usize,
    /// The text that was found there, and the allowed ones.
    pub problem: String,
}

impl Mistake {
    pub(super) fn new(at: usize, problem: impl Into<String>) -> Self {
        Mistake { at, problem: problem.into() }
    }
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `!=`
    Unequal,
    /// `<`
    Below,
    /// `<=`
    AtMost,
    /// `>`
    Above,
    /// `>=`
    AtLeast,
}

impl Comparison {
    /// Every comparison as it is written; the longer ones first, so that `<=` is not read as `<`.
    const ALL: [(&str, Comparison); 7] = [
        ("<=", Comparison::AtMost),
        (">=", Comparison::AtLeast),
        ("!=", Comparison::Unequal),
        ("==", Comparison::Equal),
        ("=", Comparison::Equal),
        ("<", Comparison::Below),
        (">", Comparison::Above),
    ];
}

/// A word of a condition.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A name, a number, or a text without quotes.
    Word(String),
    /// A text in quotes.
    Quoted(String),
    /// A list in brackets, as JSON.
    List(serde_json::Value),
    Compare(Comparison),
    Open,
    Close,
    End,
}

impl Token {
    /// Names the token in the words of a message.
    pub(super) fn shown(&self) -> String {
        match self {
            Token::Word(word) => word.clone(),
            Token::Quoted(text) => format!("{text:?}"),
            Token::List(list) => list.to_string(),
            Token::Compare(comparison) => {
                let (text, _) = Comparison::ALL.iter().find(|(_, known)| known == comparison).expect("all are listed");
                (*text).to_owned()
            }
            Token::Open => "(".to_owned(),
            Token::Close => ")".to_owned(),
            Token::End => "the end".to_owned(),
        }
    }
}

/// Splits a condition into its words; the last one is the end.
///
/// # Errors
/// A quote or a bracket that isn't closed, or a character that has no meaning.
pub(super) fn tokens(text: &str) -> Result<Vec<(usize, Token)>, Mistake> {
    let mut tokens = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        let at = text.chars().count() - rest.chars().count() + 1;
        let Some(first) = rest.chars().next() else {
            tokens.push((at, Token::End));
            return Ok(tokens);
        };
        let compared = Comparison::ALL.iter().find(|(written, _)| rest.starts_with(written));
        let (token, length) = match first {
            '(' => (Token::Open, 1),
            ')' => (Token::Close, 1),
            '\'' | '"' => {
                let end = rest[1..].find(first).ok_or_else(|| Mistake::new(at, format!("{first} is not closed")))?;
                (Token::Quoted(rest[1..=end].to_owned()), end + 2)
            }
            '[' => {
                let end = rest.find(']').ok_or_else(|| Mistake::new(at, "[ is not closed"))?;
                let list = serde_json::from_str(&rest[..=end].replace('\'', "\""));
                (
                    Token::List(
                        list.map_err(|_| Mistake::new(at, "a list is written as [20, 7] or [\"relu\", \"tanh\"]"))?,
                    ),
                    end + 1,
                )
            }
            _ if let Some((written, comparison)) = compared => (Token::Compare(*comparison), written.len()),
            _ => {
                let is_part = |c: char| c.is_alphanumeric() || "_.+-".contains(c);
                let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
                if length == 0 {
                    let problem = format!("{first} has no meaning here; a text with such characters needs quotes");
                    return Err(Mistake::new(at, problem));
                }
                (Token::Word(rest[..length].to_owned()), length)
            }
        };
        tokens.push((at, token));
        rest = &rest[length..];
    }
}
