use super::*;

/// Waits until all members of a team take part; returns their numbers, and how many threads they are.
fn all_of(team: usize) -> (Vec<usize>, usize) {
    let (seen, come) = (Mutex::new(Vec::new()), AtomicUsize::new(0));
    together(&|number| {
        seen.lock().unwrap().push((number, format!("{:?}", thread::current().id())));
        come.fetch_add(1, Ordering::SeqCst);
        let start = Instant::now();
        while come.load(Ordering::SeqCst) < team {
            assert!(start.elapsed() < Duration::from_secs(20), "the others don't come");
            thread::yield_now();
        }
    });
    let mut seen = seen.into_inner().unwrap();
    seen.sort();
    let (numbers, mut ids): (Vec<_>, Vec<_>) = seen.into_iter().unzip();
    ids.sort();
    ids.dedup();
    (numbers, ids.len())
}

#[test]
fn the_threads_of_a_team_come_piece_after_piece_awake_or_asleep() {
    let team = Team::new(3).unwrap();
    for pause in [0, 0, 0, 1000, 0, 1000] {
        thread::sleep(Duration::from_micros(pause));
        assert_eq!(team.install(|| all_of(3)), (vec![0, 1, 2], 3));
    }
    assert_eq!(all_of(1), (vec![0], 1), "outside of a team nothing is shared");
    assert_eq!((team.install(threads), threads()), (3, 1));
}

#[test]
fn what_is_shared_is_not_shared_again_and_the_team_is_there_afterwards() {
    let team = Team::new(2).unwrap();
    team.install(|| {
        together(&|_| assert_eq!((threads(), all_of(1)), (1, (vec![0], 1))));
        assert_eq!(threads(), 2);
        Team::new(3).unwrap().install(|| assert_eq!(threads(), 3));
        assert_eq!(threads(), 2);
    });
}

#[test]
fn a_panic_of_any_member_reaches_the_caller_and_the_team_goes_on() {
    let team = Team::new(3).unwrap();
    for panicking in [0, 2] {
        let come = AtomicUsize::new(0);
        let work = || {
            together(&|number| {
                come.fetch_add(1, Ordering::SeqCst);
                while come.load(Ordering::SeqCst) < 3 {
                    thread::yield_now();
                }
                assert_ne!(number, panicking, "this one");
            });
        };
        let panic = catch_unwind(AssertUnwindSafe(|| team.install(work))).unwrap_err();
        assert!(panic.downcast_ref::<String>().unwrap().contains("this one"));
        assert_eq!(team.install(|| all_of(3)).1, 3);
    }
}

#[test]
fn nobody_begins_with_a_piece_that_is_done_and_none_is_done_twice() {
    let team = Team::new(4).unwrap();
    team.install(|| {
        for piece in 0..20_000usize {
            let (left, done) = (AtomicUsize::new(3), AtomicUsize::new(0));
            together(&|_| {
                while left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok() {
                    done.fetch_add(piece, Ordering::SeqCst);
                }
            });
            assert_eq!(done.into_inner(), 3 * piece);
        }
    });
}

#[test]
fn two_callers_take_turns() {
    let team = Team::new(2).unwrap();
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| (0..200).for_each(|_| assert_eq!(team.install(|| all_of(2)).0, [0, 1])));
        }
    });
}

#[test]
#[should_panic(expected = "Team::install is called in the work of the same team")]
fn work_in_the_work_of_the_same_team_panics_and_does_not_wait_for_itself() {
    let team = Team::new(2).unwrap();
    team.install(|| team.install(|| ()));
}

#[test]
#[should_panic(expected = "Team::install is called in the work of the same team")]
fn work_in_the_work_of_the_same_team_of_one_panics_too() {
    let team = Team::new(1).unwrap();
    team.install(|| team.install(|| ()));
}

#[test]
#[should_panic(expected = "Team::install is called in the work of the same team")]
fn work_of_a_team_in_its_own_work_panics_also_in_that_of_another_team() {
    let (team, other) = (Team::new(2).unwrap(), Team::new(2).unwrap());
    team.install(|| other.install(|| team.install(|| ())));
}

#[test]
fn a_team_whose_work_has_panicked_takes_other_work() {
    let team = Team::new(1).unwrap();
    assert!(catch_unwind(AssertUnwindSafe(|| team.install(|| panic!("on purpose")))).is_err());
    team.install(|| ());
}
