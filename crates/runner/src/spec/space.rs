//! The section `sweep`: from its entries to the points, each a value for every swept key.

use std::path::Path;

use serde_json::Value as Json;
use toml::Value;

use super::Point;
use super::axis::{Axis, Scale};
use super::condition::Condition;
use super::drawn::Drawn;
use super::error::{Error, Place};
use super::factor::{Factor, Group, product};
use super::halving::HalvingDraft;
use super::include;
use super::meaning::Told;
use super::reader::{setting, unknown};
use super::sampler::{METHODS, MOST_SOBOL, Method};
use super::source::{Entry, LISTS, listed};
use super::trial::{Draft, KEYS, Meanings, integer, number, one_of};

/// A sweep of more points than this is taken for a slip.
const MAX_POINTS: usize = 1_000_000;

/// The key that every point is repeated for, however the points are made.
pub(super) const SEED: &str = "seed";

/// So many more samples are looked at before a key is said to have no meaning.
const FURTHER_SAMPLES: usize = 1000;

/// What a sweep is.
pub(super) struct Points {
    pub(super) axes: Vec<Axis>,
    pub(super) points: Vec<Point>,
    /// The tables of lists that do nothing with what the command line has set, such as `sweep.exclude[0]`.
    pub(super) idle: Vec<String>,
}

/// The section as far as its entries have been taken.
#[derive(Debug, Default)]
pub(super) struct Space {
    factors: Vec<Group>,
    excludes: Vec<Group>,
    includes: Vec<Group>,
    method: Option<(Method, Place)>,
    samples: Option<(usize, Place)>,
    sample_seed: Option<(u32, Place)>,
    pub(super) halving: HalvingDraft,
}

/// Factors that are drawn together, and how many points of them.
type Sampled = (Drawn, usize);

impl Space {
    /// Takes `sweep.` + `key`.
    pub(super) fn take(&mut self, entry: &Entry) -> Result<(), Error> {
        let Entry { key, value, place } = entry;
        let name = key.strip_prefix("sweep.").unwrap_or(key);
        let outcome = match name {
            "method" => {
                let place_of = one_of(value, &METHODS.map(|(name, _)| name));
                place_of.map(|known| self.method = Some((METHODS[known].1, place.clone())))
            }
            "samples" => integer(value, 1, MAX_POINTS).map(|samples| self.samples = Some((samples, place.clone()))),
            "sample_seed" => {
                integer(value, 0, u32::MAX as usize).map(|seed| self.sample_seed = Some((seed as u32, place.clone())))
            }
            _ if self.halving.take(entry)? => return Ok(()),
            list if LISTS.contains(&list) => Err(format!("must be tables, [[sweep.{list}]], found {value}")),
            _ => return self.take_column(entry),
        };
        outcome.map_err(|problem| setting(place, key, problem))
    }

    fn take_column(&mut self, Entry { key, value, place }: &Entry) -> Result<(), Error> {
        let (list, number, name) = match listed(key) {
            Some((list, number, name)) => (list, Some(number), name),
            None => ("", None, key.strip_prefix("sweep.").unwrap_or(key)),
        };
        if name.is_empty() {
            let problem = format!("must be tables with a key at least, [[sweep.{list}]], found {value}");
            return Err(setting(place, &format!("sweep.{list}"), problem));
        }
        let shown = if list.is_empty() { format!("sweep.{name}") } else { format!("sweep.{list}.{name}") };
        if !KEYS.iter().any(|(known, _)| *known == name) {
            return Err(unknown(&shown, place));
        }
        let groups = match list {
            "exclude" => &mut self.excludes,
            "include" => &mut self.includes,
            _ => &mut self.factors,
        };
        let column = Entry { key: name.to_owned(), value: value.clone(), place: place.clone() };
        match groups.iter_mut().find(|group| number.is_some() && group.number == number) {
            Some(group) => group.columns.push(column),
            None => groups.push(Group { number, columns: vec![column] }),
        }
        Ok(())
    }

    /// The axes and every point: the axes in declared order, then the zips, the first varying slowest; at the end the
    /// points that are included.
    pub(super) fn points(&mut self, base: &Draft, written: &[Entry], path: &Path) -> Result<Points, Error> {
        self.factors.sort_by_key(|group| group.number);
        self.each_key_once()?;
        let (drawn, factors) = self.factors(path)?;
        let mut axes = Vec::new();
        for (number, factor) in factors.iter().enumerate() {
            let axis = |(key, scale): &(String, Scale)| Axis { key: key.clone(), scale: *scale, factor: Some(number) };
            axes.extend(factor.columns.iter().map(axis));
        }
        let excludes = self.conditions(&factors)?;
        let mut used = vec![false; excludes.len()];
        let maker = Maker { base, written, path };
        let mut told = Told::new(self.includes.len());
        let is_swept = |key: &str| axes.iter().any(|axis| axis.key == key);
        let mut found = Vec::new();
        product(&factors, &mut Vec::new(), &mut |row| {
            let value = |key: &str| axes.iter().position(|axis| axis.key == key).map(|column| &row[column]);
            let holds = |condition: &Condition| value(&condition.key).is_some_and(|value| condition.holds(value));
            let mut is_left_out = false;
            for (conditions, used) in excludes.iter().zip(&mut used) {
                let all_hold = conditions.iter().all(holds);
                *used |= all_hold;
                is_left_out |= all_hold;
            }
            if is_left_out {
                return Ok(());
            }
            let assigned: Vec<_> = axes.iter().map(|axis| axis.key.as_str()).zip(row.iter().copied()).collect();
            let (point, meanings) = maker.point(&assigned, &self.factors)?;
            told.point(meanings, is_swept);
            found.push(point);
            Ok(())
        })?;
        if let (true, Some(first)) = (found.is_empty(), self.excludes.first()) {
            return Err(setting(&first.columns[0].place, "sweep.exclude", "leaves out every point".to_owned()));
        }
        if let Some((drawn, samples)) = &drawn {
            // What few samples didn't meet, more of them may.
            for row in (0..FURTHER_SAMPLES).map(|further| drawn.row(samples + further)) {
                if told.is_content() {
                    break;
                }
                let seeds = axes[row.len()..]
                    .iter()
                    .zip(&factors[1..])
                    .map(|(axis, factor)| (axis.key.as_str(), &factor.rows[0][0]));
                let assigned: Vec<_> = axes.iter().map(|axis| axis.key.as_str()).zip(&row).chain(seeds).collect();
                if let Ok((_, meanings)) = maker.point(&assigned, &self.factors) {
                    told.point(meanings, is_swept);
                }
            }
        }
        let mut idle = self.idle_excludes(&excludes, &used, drawn.as_ref().map(|(drawn, _)| drawn), &factors)?;
        idle.extend(include::add(&self.includes, &factors, &mut axes, &mut found, &maker, &mut told)?);
        told.check(written, &self.factors, &self.includes)?;
        Ok(Points { axes, points: found, idle })
    }

    /// The tables of `exclude` that leave out nothing, since the command line gave an axis other values.
    ///
    /// # Errors
    /// If one leaves out nothing although its axes are those of the file.
    fn idle_excludes(
        &self,
        excludes: &[Vec<Condition>],
        used: &[bool],
        drawn: Option<&Drawn>,
        factors: &[Factor],
    ) -> Result<Vec<String>, Error> {
        let mut idle = Vec::new();
        for ((group, conditions), _) in self.excludes.iter().zip(excludes).zip(used).filter(|(_, used)| !**used) {
            let may_hold_of_seed = |condition: &Condition| {
                let column = factors.iter().skip(1).find(|factor| factor.columns[0].0 == condition.key);
                column.is_none_or(|factor| factor.rows.iter().any(|row| condition.holds(&row[0])))
            };
            if drawn.is_some_and(|drawn| drawn.may_hold(conditions) && conditions.iter().all(may_hold_of_seed)) {
                continue;
            }
            let of_command_line = |column: &Entry| {
                column.place == Place::CommandLine && group.columns.iter().any(|condition| condition.key == column.key)
            };
            if !self.factors.iter().flat_map(|group| &group.columns).any(of_command_line) {
                let problem = "leaves out nothing: no point is like that".to_owned();
                return Err(setting(&group.columns[0].place, "sweep.exclude", problem));
            }
            idle.extend(group.number.map(|number| format!("sweep.exclude[{number}]")));
        }
        Ok(idle)
    }

    fn each_key_once(&self) -> Result<(), Error> {
        let columns: Vec<_> = self.factors.iter().flat_map(|group| &group.columns).collect();
        for (index, Entry { key, place, .. }) in columns.iter().enumerate() {
            if let Some(first) = columns[..index].iter().find(|first| first.key == *key) {
                return Err(setting(place, &format!("sweep.{key}"), format!("swept twice, see {}", first.place)));
            }
        }
        Ok(())
    }

    /// What is multiplied: each axis and zip, or one factor of samples and the seed. Too many points are refused before the values
    /// of any axis are made.
    fn factors(&self, path: &Path) -> Result<(Option<Sampled>, Vec<Factor>), Error> {
        let (method, place) = match &self.method {
            None | Some((Method::Grid, _)) => {
                for (name, place) in [
                    ("samples", self.samples.as_ref().map(|(_, place)| place)),
                    ("sample_seed", self.sample_seed.as_ref().map(|(_, place)| place)),
                ] {
                    if let Some(place) = place {
                        let problem = "has a meaning only with sweep.method = \"random\" or \"sobol\"".to_owned();
                        return Err(setting(place, &format!("sweep.{name}"), problem));
                    }
                }
                few_enough(&self.factors.iter().map(Group::size).collect::<Vec<_>>(), path)?;
                let factors = self.factors.iter().map(Group::factor).collect::<Result<Vec<_>, _>>()?;
                few_enough(&factors.iter().map(|factor| factor.rows.len()).collect::<Vec<_>>(), path)?;
                return Ok((None, factors));
            }
            Some((method, place)) => (*method, place),
        };
        let Some((samples, samples_place)) = &self.samples else {
            return Err(setting(place, "sweep.method", "needs sweep.samples, how many points to draw".to_owned()));
        };
        if method == Method::Sobol && *samples > MOST_SOBOL {
            let problem = format!("a Sobol sequence has {MOST_SOBOL} points at most here, found {samples}");
            return Err(setting(samples_place, "sweep.samples", problem));
        }
        let is_seed = |group: &&Group| group.columns.iter().all(|column| column.key == SEED);
        let (full, drawn): (Vec<&Group>, Vec<&Group>) = self.factors.iter().partition(is_seed);
        if drawn.is_empty() {
            return Err(setting(place, "sweep.method", "there is no axis to draw from but the seed".to_owned()));
        }
        few_enough(&[*samples].into_iter().chain(full.iter().map(|group| group.size())).collect::<Vec<_>>(), path)?;
        let full = full.into_iter().map(Group::factor).collect::<Result<Vec<_>, _>>()?;
        let seed = self.sample_seed.as_ref().map_or(1, |(seed, _)| *seed);
        let drawn = Drawn::of(&drawn, method, seed)?;
        let sizes: Vec<_> = [*samples].into_iter().chain(full.iter().map(|factor| factor.rows.len())).collect();
        few_enough(&sizes, path)?;
        let factors = [drawn.factor(*samples)].into_iter().chain(full).collect();
        Ok((Some((drawn, *samples)), factors))
    }

    fn conditions(&self, factors: &[Factor]) -> Result<Vec<Vec<Condition>>, Error> {
        let of_column = |Entry { key, value, place }: &Entry| {
            let wrong = |problem: String| setting(place, &format!("sweep.exclude.{key}"), problem);
            let condition = Condition::parse(key, value).map_err(wrong)?;
            let column = factors.iter().find_map(|factor| {
                let column = factor.columns.iter().position(|(swept, _)| swept == key)?;
                Some(factor.rows.iter().map(move |row| &row[column]))
            });
            let mut column = column.ok_or_else(|| wrong("is not swept, so it can't tell points apart".to_owned()))?;
            if let Some(text) = column.find(|value| condition.needs_numbers() && number(value).is_none()) {
                return Err(wrong(format!("bounds are for numbers, and the axis has {text}")));
            }
            Ok(condition)
        };
        self.excludes.iter().map(|group| group.columns.iter().map(of_column).collect()).collect()
    }
}

fn few_enough(sizes: &[usize], path: &Path) -> Result<(), Error> {
    let count = sizes.iter().try_fold(1usize, |count, size| count.checked_mul(*size));
    if count.is_none_or(|count| count > MAX_POINTS) {
        let sizes: Vec<_> = sizes.iter().map(ToString::to_string).collect();
        let problem = format!("{} points are more than {MAX_POINTS}", sizes.join(" x "));
        return Err(setting(&Place::File(path.to_owned()), "sweep", problem));
    }
    Ok(())
}

/// What points are made from.
pub(super) struct Maker<'e> {
    base: &'e Draft,
    pub(super) written: &'e [Entry],
    path: &'e Path,
}

impl Maker<'_> {
    /// The base with some keys set, which were written in `groups`.
    pub(super) fn point(&self, assigned: &[(&str, &Value)], groups: &[Group]) -> Result<(Point, Meanings), Error> {
        let wrong = |key: &str, section: &str, problem: String| {
            let is_set = assigned.iter().any(|(set, _)| *set == key);
            let columns = groups.iter().flat_map(|group| &group.columns).filter(|_| is_set);
            let entry = columns.chain(self.written).find(|entry| entry.key == key);
            let place = entry.map_or_else(|| Place::File(self.path.to_owned()), |entry| entry.place.clone());
            setting(&place, &format!("{section}{key}"), problem)
        };
        let mut draft = self.base.clone();
        for (key, value) in assigned {
            if let Some(Err(problem)) = draft.set(key, value) {
                return Err(wrong(key, "sweep.", problem));
            }
        }
        let budget = draft.budget();
        let (config, meanings) = draft.finish().map_err(|(key, problem)| wrong(key, "", problem))?;
        let values = assigned.iter().map(|(_, value)| json(value)).collect();
        Ok((Point { values, config, budget }, meanings))
    }
}

pub(super) fn json(value: &Value) -> Json {
    serde_json::to_value(value).unwrap_or(Json::Null)
}
