//! The choice of the libraries that are timed in turns.

use kernels::blas::{Choice, Error, Library, Request, Source, ThreadLayer, candidates, choose};

use crate::terminal::{say, warn};

/// The word that stands for every library of this machine.
const ALL: &str = "all";

/// Finds the libraries that are `asked` for, each once, or else `usual`. Among `all`, libraries that can't be used are
/// reported and left out; of several builds of one release, the one with threads of its own is taken, since only that
/// build locks.
///
/// # Errors
/// If a library that is asked for by name or path can't be used by `callers` threads at once, or none is found: the default one's.
pub(crate) fn find(asked: &[Request], usual: &Request, callers: usize) -> Result<Vec<&'static Library>, Error> {
    let (mut found, mut left_out): (Vec<&'static Library>, Vec<Error>) = Default::default();
    if asked.is_empty() {
        add(&mut found, usable(usual, callers)?);
    }
    for request in asked {
        if *request == Request::Path(ALL.into()) {
            every(callers, &mut left_out).into_iter().for_each(|choice| add(&mut found, choice));
        } else {
            add(&mut found, usable(request, callers)?);
        }
    }
    if found.is_empty() {
        return Err(left_out.swap_remove(0));
    }
    left_out.iter().for_each(|error| say(&format!("left out: {error}")));
    Ok(found)
}

fn usable(request: &Request, callers: usize) -> Result<Choice, Error> {
    let choice = choose(request)?;
    choice.library.admit(callers)?;
    Ok(choice)
}

/// Adds a library that isn't among them, and prints the warnings about it.
fn add(found: &mut Vec<&'static Library>, Choice { library, warnings }: Choice) {
    if !found.iter().any(|known| std::ptr::eq(*known, library)) {
        warnings.iter().for_each(|warning| warn(&warning.to_string()));
        found.push(library);
    }
}

/// Finds every usable library of this machine, and adds the errors of the others to those that are `left_out`, each once; the default
/// one comes first.
fn every(callers: usize, left_out: &mut Vec<Error>) -> Vec<Choice> {
    let mut found: Vec<Choice> = Vec::new();
    let files = Source::ALL.into_iter().flat_map(candidates).map(|candidate| Request::Path(candidate.path));
    for request in std::iter::once(Request::Auto).chain(files) {
        match usable(&request, callers) {
            Ok(choice) => {
                let twin = found.iter().position(|known| is_same_release(known.library, choice.library));
                let Some(twin) = twin else {
                    found.push(choice);
                    continue;
                };
                let mut other = choice;
                // The default library is never replaced.
                if twin > 0 && other.library.thread_layer() == ThreadLayer::Pthreads {
                    std::mem::swap(&mut found[twin], &mut other);
                }
                let (left, taken) = (other.library, found[twin].library);
                if !std::ptr::eq(left, taken) {
                    let (left, path) = (left.path().display(), taken.path().display());
                    say(&format!("left out: {left}, the same release as {path}: --blas {path},{left} times both"));
                }
            }
            Err(error) if left_out.contains(&error) => {}
            Err(error) => left_out.push(error),
        }
    }
    found
}

fn is_same_release(one: &Library, other: &Library) -> bool {
    one.to_string() == other.to_string() && one.version().is_some()
}
