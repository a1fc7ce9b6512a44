//! The roles that a key of the trials has in an experiment: fixed, swept, or in a condition.

/// The lists of tables below `sweep`.
pub(super) const LISTS: [&str; 3] = ["zip", "exclude", "include"];

/// The list of tables that has the claims.
pub(crate) const CLAIMS: &str = "claim";

/// Returns the number of the claim that a key belongs to, such as `claim[0].value`, and the key's name in its table.
pub(super) fn claim_of(written: &str) -> Option<(usize, &str)> {
    in_list(written.strip_prefix(CLAIMS)?)
}

/// Splits `[0].value` into the number of a table, written as such, and the key's name in it; that is empty for a whole table.
fn in_list(written: &str) -> Option<(usize, &str)> {
    let (digits, key) = written.strip_prefix('[')?.split_once(']')?;
    let number = digits.parse().ok().filter(|number: &usize| number.to_string() == digits)?;
    if key.is_empty() { Some((number, key)) } else { Some((number, key.strip_prefix('.')?)) }
}

/// The role of a key, as its prefix says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// One value for all trials, such as `train.momentum`, or a key of the whole experiment, such as `data.set`.
    Fixed,
    /// An axis, such as `sweep.train.momentum`, or an option of the sweep, such as `sweep.method`.
    Axis,
    /// A column of the zip of this number, such as `sweep.zip[0].train.momentum`.
    Zip(usize),
    /// A condition of the exclusion of this number, such as `sweep.exclude[0].train.momentum`.
    Exclude(usize),
    /// A value at the single point of this number, such as `sweep.include[0].train.momentum`.
    Include(usize),
}

impl Role {
    /// Splits a key, as an entry has it, into its role and the key without a prefix.
    pub(super) fn of(written: &str) -> (Role, &str) {
        let Some(swept) = written.strip_prefix("sweep.") else { return (Role::Fixed, written) };
        listed(swept).unwrap_or((Role::Axis, swept))
    }

    /// Returns the list below `sweep` and the number of the table in it, if the key is in one.
    pub(super) fn table(self) -> Option<(&'static str, usize)> {
        match self {
            Role::Fixed | Role::Axis => None,
            Role::Zip(number) => Some(("zip", number)),
            Role::Exclude(number) => Some(("exclude", number)),
            Role::Include(number) => Some(("include", number)),
        }
    }

    /// Names `key` in this role as messages do, without the number of a table: `sweep.zip.train.momentum`.
    pub(super) fn name_of(self, key: &str) -> String {
        match self {
            Role::Fixed => key.to_owned(),
            Role::Axis => format!("sweep.{key}"),
            Role::Zip(_) => format!("sweep.zip.{key}"),
            Role::Exclude(_) => format!("sweep.exclude.{key}"),
            Role::Include(_) => format!("sweep.include.{key}"),
        }
    }

    /// Returns whether points get values of the key from here.
    pub(super) fn sweeps(self) -> bool {
        matches!(self, Role::Axis | Role::Zip(_) | Role::Include(_))
    }
}

fn listed(swept: &str) -> Option<(Role, &str)> {
    let (list, rest) = swept.split_at(swept.find('[')?);
    let (number, key) = in_list(rest)?;
    let role = match list {
        "zip" => Role::Zip(number),
        "exclude" => Role::Exclude(number),
        "include" => Role::Include(number),
        _ => return None,
    };
    Some((role, key))
}
