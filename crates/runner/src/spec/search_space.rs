//! The section `[sweep]`: from its entries to points, each with a value for every swept key.

use std::path::Path;

use super::axis::{Axis, Scale};
use super::axis_group::{AxisGroup, AxisRows, product};
use super::coverage::Coverage;
use super::drawn::Drawn;
use super::error::{Error, Place};
use super::exclude::Condition;
use super::experiment::Point;
use super::halving::Halving;
use super::include;
use super::key::{Key, RawTrial, find};
use super::kind::{Kind, POINTS, number};
use super::point::PointBuilder;
use super::role::{LISTS, Role};
use super::sampler::{MOST_SOBOL, Method};
use super::source::Entry;
use super::suggestion::{is_within, unknown};
use super::sweep_keys::{self, METHOD, SAMPLE_SEED, SAMPLES};
use super::trial::keys::key;
use super::trial::model::TRIAL_SEED;

/// The number of samples beyond those of the sweep that are tried before a key is refused because it never applies.
const FURTHER_SAMPLES: usize = 1000;

/// The result of a search space: its axes and points.
pub(super) struct Points {
    pub(super) axes: Vec<Axis>,
    pub(super) points: Vec<Point>,
    /// The exclusions and included points that have no effect once the command line has set its keys.
    pub(super) idle: Vec<Role>,
}

/// The section `[sweep]`, as far as its entries have been added.
#[derive(Debug, Default)]
pub(super) struct SearchSpace {
    groups: Vec<AxisGroup>,
    excludes: Vec<AxisGroup>,
    includes: Vec<AxisGroup>,
    options: RawTrial,
}

/// The sampled groups, and the number of their samples.
type Sampled = (Drawn, usize);

impl SearchSpace {
    /// Adds an entry whose key begins with `sweep.`.
    ///
    /// # Errors
    /// If there is no such key, or its value is not allowed.
    pub(super) fn add(&mut self, entry: &Entry) -> Result<(), Error> {
        let Entry { key: name, value, place } = entry;
        let list = name.strip_prefix("sweep.").unwrap_or(name);
        let added = match find(sweep_keys::KEYS.iter().copied(), name) {
            Some(key) => self.options.set(key, value),
            None if LISTS.contains(&list) => Err(format!("must be a list of tables, [[sweep.{list}]], found {value}")),
            None => return self.add_column(entry),
        };
        added.map_err(|problem| Error::setting(place, name, problem))
    }

    fn add_column(&mut self, Entry { key: written, value, place }: &Entry) -> Result<(), Error> {
        let (role, name) = Role::of(written);
        if let (Some((list, _)), "") = (role.table(), name) {
            let problem = format!("must be tables with at least one key, [[sweep.{list}]], found {value}");
            return Err(Error::setting(place, &format!("sweep.{list}"), problem));
        }
        if let Some(list) = LISTS.into_iter().find(|list| role == Role::Axis && is_within(name, list)) {
            return Err(Error::setting(
                place,
                &format!("sweep.{list}"),
                format!("must be a list of tables: [[sweep.{list}]]"),
            ));
        }
        if key(name).is_none() {
            return Err(unknown(&role.name_of(name), place));
        }
        let groups = match role {
            Role::Exclude(_) => &mut self.excludes,
            Role::Include(_) => &mut self.includes,
            Role::Fixed | Role::Axis | Role::Zip(_) => &mut self.groups,
        };
        let column = Entry { key: name.to_owned(), value: value.clone(), place: place.clone() };
        match groups.iter_mut().find(|group| role != Role::Axis && group.role == role) {
            Some(group) => group.columns.push(column),
            None => groups.push(AxisGroup { role, columns: vec![column] }),
        }
        Ok(())
    }

    /// Makes the axes and every point. The axes come in declared order, then the zips; the first varies slowest.
    /// Included points come last.
    pub(super) fn points(&mut self, base: &RawTrial, written: &[Entry], path: &Path) -> Result<Points, Error> {
        self.groups.sort_by_key(|group| group.role);
        self.each_key_once()?;
        let (drawn, rows) = self.rows(path, written)?;
        let mut axes = Vec::new();
        for (number, group) in rows.iter().enumerate() {
            let axis = |(key, scale): &(String, Scale)| Axis { key: key.clone(), scale: *scale, group: Some(number) };
            axes.extend(group.columns.iter().map(axis));
        }
        let excludes = self.conditions(&rows)?;
        let mut used = vec![false; excludes.len()];
        let builder = PointBuilder { base, written, path };
        let mut coverage = Coverage::new(self.includes.len());
        let is_swept = |key: &str| axes.iter().any(|axis| axis.key == key);
        let mut found = Vec::new();
        product(&rows, &mut Vec::new(), &mut |row| {
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
            let (point, applied) = builder.point(&assigned, &self.groups)?;
            coverage.point(applied, is_swept);
            found.push(point);
            Ok(())
        })?;
        if let (true, Some(first)) = (found.is_empty(), self.excludes.first()) {
            return Err(Error::setting(&first.columns[0].place, "sweep.exclude", "leaves out every point".to_owned()));
        }
        if let Some((drawn, samples)) = &drawn {
            // A condition that no sample meets may be met by further ones.
            for row in (0..FURTHER_SAMPLES).map(|further| drawn.row(samples + further)) {
                if coverage.is_complete() {
                    break;
                }
                let seeds = axes[row.len()..]
                    .iter()
                    .zip(&rows[1..])
                    .map(|(axis, group)| (axis.key.as_str(), &group.rows[0][0]));
                let assigned: Vec<_> = axes.iter().map(|axis| axis.key.as_str()).zip(&row).chain(seeds).collect();
                if let Ok((_, applied)) = builder.point(&assigned, &self.groups) {
                    coverage.point(applied, is_swept);
                }
            }
        }
        let mut idle = self.idle_excludes(&excludes, &used, drawn.as_ref().map(|(drawn, _)| drawn), &rows)?;
        idle.extend(include::add(&self.includes, &rows, &mut axes, &mut found, &builder, &mut coverage)?);
        coverage.check(written, &self.groups, &self.includes)?;
        Ok(Points { axes, points: found, idle })
    }

    /// Returns the tables of `exclude` that leave out nothing because the command line has given one of their axes
    /// other values.
    ///
    /// # Errors
    /// If a table leaves out nothing although the command line has not changed its axes.
    fn idle_excludes(
        &self,
        excludes: &[Vec<Condition>],
        used: &[bool],
        drawn: Option<&Drawn>,
        rows: &[AxisRows],
    ) -> Result<Vec<Role>, Error> {
        let mut idle = Vec::new();
        for ((group, conditions), _) in self.excludes.iter().zip(excludes).zip(used).filter(|(_, used)| !**used) {
            let may_hold_of_seed = |condition: &Condition| {
                let column = rows.iter().skip(1).find(|group| group.columns[0].0 == condition.key);
                column.is_none_or(|group| group.rows.iter().any(|row| condition.holds(&row[0])))
            };
            if drawn.is_some_and(|drawn| drawn.may_hold(conditions) && conditions.iter().all(may_hold_of_seed)) {
                continue;
            }
            let of_command_line = |column: &Entry| {
                column.place == Place::CommandLine && group.columns.iter().any(|condition| condition.key == column.key)
            };
            if !self.groups.iter().flat_map(|group| &group.columns).any(of_command_line) {
                let problem = "leaves out nothing: no point is like that".to_owned();
                return Err(Error::setting(&group.columns[0].place, "sweep.exclude", problem));
            }
            idle.push(group.role);
        }
        Ok(idle)
    }

    fn each_key_once(&self) -> Result<(), Error> {
        let columns: Vec<_> = self.groups.iter().flat_map(|group| &group.columns).collect();
        for (index, Entry { key, place, .. }) in columns.iter().enumerate() {
            if let Some(first) = columns[..index].iter().find(|first| first.key == *key) {
                return Err(Error::setting(
                    place,
                    &format!("sweep.{key}"),
                    format!("swept twice, see {}", first.place),
                ));
            }
        }
        Ok(())
    }

    /// Makes the rows of each group: of each axis and zip, or of the sampled keys together and of the seed. Refuses too
    /// many points before it makes the values of any axis.
    fn rows(&self, path: &Path, written: &[Entry]) -> Result<(Option<Sampled>, Vec<AxisRows>), Error> {
        let method = self.options.value(&METHOD);
        if method == Method::Grid {
            for key in [&SAMPLES, &SAMPLE_SEED] {
                if self.options.has(key) {
                    let problem = "only applies with sweep.method = \"random\" or \"sobol\"";
                    return Err(wrong(key, written, problem));
                }
            }
            few_enough(&self.groups.iter().map(AxisGroup::size).collect::<Vec<_>>(), path)?;
            let rows = self.groups.iter().map(AxisGroup::rows).collect::<Result<Vec<_>, _>>()?;
            few_enough(&rows.iter().map(|group| group.rows.len()).collect::<Vec<_>>(), path)?;
            return Ok((None, rows));
        }
        let Some(samples) = self.options.get(&SAMPLES) else {
            return Err(wrong(&METHOD, written, "needs sweep.samples, how many points to draw"));
        };
        if method == Method::Sobol && samples > MOST_SOBOL {
            let problem = format!("a Sobol sequence has {MOST_SOBOL} points at most here, found {samples}");
            return Err(wrong(&SAMPLES, written, problem));
        }
        let is_seed = |group: &&AxisGroup| group.columns.iter().all(|column| column.key == TRIAL_SEED.name());
        let (full, drawn): (Vec<&AxisGroup>, Vec<&AxisGroup>) = self.groups.iter().partition(is_seed);
        if drawn.is_empty() {
            return Err(wrong(&METHOD, written, "there is no axis to draw from but the seed"));
        }
        few_enough(&[samples].into_iter().chain(full.iter().map(|group| group.size())).collect::<Vec<_>>(), path)?;
        let full = full.into_iter().map(AxisGroup::rows).collect::<Result<Vec<_>, _>>()?;
        let drawn = Drawn::of(&drawn, method, self.options.value(&SAMPLE_SEED) as u32)?;
        let sizes: Vec<_> = [samples].into_iter().chain(full.iter().map(|group| group.rows.len())).collect();
        few_enough(&sizes, path)?;
        let rows = [drawn.rows(samples)].into_iter().chain(full).collect();
        Ok((Some((drawn, samples)), rows))
    }

    /// Reads the successive halving, if the sweep has one.
    ///
    /// # Errors
    /// If it does not fit the axes or the length of the training.
    pub(super) fn halving(&self, written: &[Entry], axes: &[Axis], points: &[Point]) -> Result<Option<Halving>, Error> {
        Halving::read(&self.options, axes, points[0].config.length)
            .map_err(|(name, problem)| at(name, written, problem))
    }

    fn conditions(&self, rows: &[AxisRows]) -> Result<Vec<Vec<Condition>>, Error> {
        let of_column = |role: Role, Entry { key, value, place }: &Entry| {
            let wrong = |problem: String| Error::setting(place, &role.name_of(key), problem);
            let condition = Condition::parse(key, value).map_err(wrong)?;
            let column = rows.iter().find_map(|group| {
                let column = group.columns.iter().position(|(swept, _)| swept == key)?;
                Some(group.rows.iter().map(move |row| &row[column]))
            });
            let mut column = column.ok_or_else(|| wrong("is not swept, so it can't tell points apart".to_owned()))?;
            if let Some(text) = column.find(|value| condition.needs_numbers() && number(value).is_none()) {
                return Err(wrong(format!("bounds are for numbers, and the axis has {text}")));
            }
            Ok(condition)
        };
        let of_group = |group: &AxisGroup| group.columns.iter().map(|column| of_column(group.role, column)).collect();
        self.excludes.iter().map(of_group).collect()
    }
}

fn few_enough(sizes: &[usize], path: &Path) -> Result<(), Error> {
    let count = sizes.iter().try_fold(1usize, |count, size| count.checked_mul(*size));
    if count.is_none_or(|count| count > POINTS.most) {
        let sizes: Vec<_> = sizes.iter().map(ToString::to_string).collect();
        let problem = format!("{} points are more than {}", sizes.join(" x "), POINTS.most);
        return Err(Error::setting(&Place::File(path.to_owned()), "sweep", problem));
    }
    Ok(())
}

/// Makes the error of a key of `[sweep]` itself.
fn wrong<K: Kind>(key: &Key<K>, written: &[Entry], problem: impl Into<String>) -> Error {
    at(key.name(), written, problem)
}

/// Makes the error of the key `name` at the place where it, or else a key of the same table, is written.
fn at(name: &str, written: &[Entry], problem: impl Into<String>) -> Error {
    let table = name.rsplit_once('.').map_or("", |(table, _)| table);
    let entry = written.iter().find(|entry| entry.key == name);
    let entry = entry.or_else(|| written.iter().find(|entry| entry.key.starts_with(table)));
    Error::setting(entry.map_or(&Place::CommandLine, |entry| &entry.place), name, problem)
}
