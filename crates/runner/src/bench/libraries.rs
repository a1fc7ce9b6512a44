//! The choice of the libraries that are timed in turns.

use kernels::blas::{Choice, Library, Request, Source, ThreadLayer, candidates, choose};

use crate::terminal::{say, warn};

/// The word that stands for every library of this machine.
const ALL: &str = "all";

/// Finds the libraries that are `asked` for, each once, or else `usual`. Among `all`, libraries that can't be used are
/// reported and left out; of several builds of one release, the one with threads of its own is taken, since only that
/// build locks.
///
/// # Errors
/// If a library that is asked for by name or path can't be used by `callers` threads at once.
pub(crate) fn find(
    asked: &[Request],
    usual: &Request,
    callers: usize,
) -> Result<Vec<&'static Library>, kernels::blas::Error> {
    let mut found: Vec<&'static Library> = Vec::new();
    let usual = [usual.clone()];
    for request in if asked.is_empty() { &usual } else { asked } {
        if *request == Request::Path(ALL.into()) {
            every(callers).into_iter().for_each(|choice| add(&mut found, choice));
        } else {
            let choice = choose(request)?;
            choice.library.admit(callers)?;
            add(&mut found, choice);
        }
    }
    Ok(found)
}

/// Adds a library that isn't among them, and prints the warnings about it.
fn add(found: &mut Vec<&'static Library>, Choice { library, warnings }: Choice) {
    if !found.iter().any(|known| std::ptr::eq(*known, library)) {
        warnings.iter().for_each(|warning| warn(&warning.to_string()));
        found.push(library);
    }
}

/// Finds every usable library of this machine; the default one comes first.
fn every(callers: usize) -> Vec<Choice> {
    let mut found: Vec<Choice> = Vec::new();
    let files = Source::ALL.into_iter().flat_map(candidates).map(|candidate| Request::Path(candidate.path));
    for request in std::iter::once(Request::Auto).chain(files) {
        let usable = choose(&request).and_then(|choice| Ok(choice.library.admit(callers).map(|()| choice)?));
        match (usable, request) {
            (Ok(choice), _) => {
                let twin = found.iter().position(|known| is_same_release(known.library, choice.library));
                match twin {
                    // The default library is never replaced.
                    Some(twin) if twin > 0 && choice.library.thread_layer() == ThreadLayer::Pthreads => {
                        found[twin] = choice;
                    }
                    Some(_) => {}
                    None => found.push(choice),
                }
            }
            (Err(error), Request::Path(path)) => say(&format!("left out {}: {error}", path.display())),
            (Err(error), _) => say(&format!("left out: {error}")),
        }
    }
    found
}

fn is_same_release(one: &Library, other: &Library) -> bool {
    one.to_string() == other.to_string() && one.version().is_some()
}
