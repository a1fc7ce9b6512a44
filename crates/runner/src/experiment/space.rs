//! The section `sweep`: from its entries to the points, each a value for every swept key.

use std::collections::HashSet;
use std::path::Path;

use serde_json::Value as Json;
use toml::Value;

use super::Point;
use super::axis::{Axis, Scale, distinct};
use super::condition::Condition;
use super::error::{Error, Place};
use super::factor::{Factor, Group, product};
use super::halving::HalvingDraft;
use super::reader::{setting, unknown};
use super::sampler::{Domain, METHODS, MOST_SOBOL, Method, uniform};
use super::source::{Entry, LISTS, listed};
use super::trial::{Draft, KEYS, integer, number, one_of};

/// A sweep of more points than this is taken for a slip.
const MAX_POINTS: usize = 1_000_000;

/// The key that every point is repeated for, however the points are made.
const SEED: &str = "seed";

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
    pub(super) fn points(
        &mut self,
        base: &Draft,
        written: &[Entry],
        path: &Path,
    ) -> Result<(Vec<Axis>, Vec<Point>), Error> {
        self.factors.sort_by_key(|group| group.number);
        self.each_key_once()?;
        let factors = self.factors(path)?;
        let mut axes = Vec::new();
        for (number, factor) in factors.iter().enumerate() {
            let axis = |(key, scale): &(String, Scale)| Axis { key: key.clone(), scale: *scale, factor: Some(number) };
            axes.extend(factor.columns.iter().map(axis));
        }
        let excludes = self.conditions(&factors)?;
        let mut found = Vec::new();
        product(&factors, &mut Vec::new(), &mut |row| {
            let value = |key: &str| axes.iter().position(|axis| axis.key == key).map(|column| &row[column]);
            let holds = |condition: &Condition| value(&condition.key).is_some_and(|value| condition.holds(value));
            if excludes.iter().any(|conditions| conditions.iter().all(holds)) {
                return Ok(());
            }
            let assigned: Vec<_> = axes.iter().map(|axis| axis.key.as_str()).zip(row.iter().copied()).collect();
            found.push(point(base, &assigned, &Place::File(path.to_owned()))?);
            Ok(())
        })?;
        if let (true, Some(first)) = (found.is_empty(), self.excludes.first()) {
            return Err(setting(&first.columns[0].place, "sweep.exclude", "leaves out every point".to_owned()));
        }
        self.include(&factors, &mut axes, &mut found, base, written)?;
        Ok((axes, found))
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

    /// What is multiplied: each axis and zip, or one factor of samples and the seed.
    fn factors(&self, path: &Path) -> Result<Vec<Factor>, Error> {
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
                let factors = self.factors.iter().map(Group::factor).collect::<Result<Vec<_>, _>>()?;
                few_enough(&factors.iter().map(|factor| factor.rows.len()).collect::<Vec<_>>(), path)?;
                return Ok(factors);
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
        let full = full.into_iter().map(Group::factor).collect::<Result<Vec<_>, _>>()?;
        let domains = drawn.iter().map(|group| group.domain()).collect::<Result<Vec<_>, _>>()?;
        few_enough(
            &[*samples].into_iter().chain(full.iter().map(|factor| factor.rows.len())).collect::<Vec<_>>(),
            path,
        )?;
        let seed = self.sample_seed.as_ref().map_or(1, |(seed, _)| *seed);
        let sample = |index: usize| -> Vec<Value> {
            let of_dimension = |(dimension, (group, (_, domain))): (usize, (&&Group, &(_, Domain)))| {
                domain.at(uniform(method, seed, index, dimension, &group.columns[0].key))
            };
            drawn.iter().zip(&domains).enumerate().flat_map(of_dimension).collect()
        };
        let mut rows = (0..*samples).map(sample).collect();
        distinct(&mut rows); // whole numbers may be drawn twice
        let columns = domains.iter().flat_map(|(columns, _)| columns.clone()).collect();
        Ok([Factor { columns, rows }].into_iter().chain(full).collect())
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

    /// Adds the included points, for every seed unless they name theirs. A key that only they set is a further axis.
    fn include(
        &self,
        factors: &[Factor],
        axes: &mut Vec<Axis>,
        points: &mut Vec<Point>,
        base: &Draft,
        written: &[Entry],
    ) -> Result<(), Error> {
        if self.includes.is_empty() {
            return Ok(());
        }
        let swept = axes.len();
        for Entry { key, .. } in self.includes.iter().flat_map(|group| &group.columns) {
            if !axes.iter().any(|axis| axis.key == *key) {
                let factor = axes.iter().filter_map(|axis| axis.factor).max().map_or(0, |last| last + 1);
                axes.push(Axis { key: key.clone(), scale: Scale::List, factor: Some(factor) });
            }
        }
        // What a point has of a key that it doesn't set.
        let unset = |key: &str, point: &Point| -> Json {
            let of_base = written.iter().find(|entry| entry.key == key);
            let of_base = of_base.and_then(|entry| serde_json::to_value(&entry.value).ok());
            of_base.or_else(|| point.config.canonical().get(key).cloned()).unwrap_or(Json::Null)
        };
        for point in points.iter_mut() {
            let further: Vec<_> = axes[swept..].iter().map(|axis| unset(&axis.key, point)).collect();
            point.values.extend(further);
        }
        let mut known: HashSet<Vec<String>> = points.iter().map(Point::place).collect();
        for Group { columns, .. } in &self.includes {
            let seeds = factors.iter().find(|factor| factor.columns[0].0 == SEED);
            let seeds = seeds.filter(|_| !columns.iter().any(|column| column.key == SEED));
            let seeds: Vec<Option<&Value>> =
                seeds.map_or_else(|| vec![None], |seeds| seeds.rows.iter().map(|row| Some(&row[0])).collect());
            for seed in seeds {
                let own = columns.iter().map(|column| (column.key.as_str(), &column.value));
                let assigned: Vec<_> = own.chain(seed.map(|seed| (SEED, seed))).collect();
                let mut point = point(base, &assigned, &columns[0].place)?;
                let set = |key: &str| assigned.iter().find(|(own, _)| *own == key);
                let values = axes.iter().map(|axis| match set(&axis.key) {
                    Some((_, value)) => json(value),
                    None => unset(&axis.key, &point),
                });
                point.values = values.collect();
                if known.insert(point.place()) {
                    points.push(point);
                }
            }
        }
        Ok(())
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

/// The base with some keys set.
fn point(base: &Draft, assigned: &[(&str, &Value)], place: &Place) -> Result<Point, Error> {
    let mut draft = base.clone();
    for (key, value) in assigned {
        if let Some(Err(problem)) = draft.set(key, value) {
            return Err(setting(place, &format!("sweep.{key}"), problem));
        }
    }
    let budget = draft.budget();
    let config = draft.finish().map_err(|(key, problem)| setting(place, key, problem))?;
    Ok(Point { values: assigned.iter().map(|(_, value)| json(value)).collect(), config, budget })
}

fn json(value: &Value) -> Json {
    serde_json::to_value(value).unwrap_or(Json::Null)
}
