//! Servers and networks that don't do what they should.

use super::*;

/// For servers that fall silent.
const IMPATIENT: Limits = Limits { silence: Duration::from_millis(400), ..PATIENT };

/// Fetches from a server with these `answers`; checks that nothing is left in an old folder, and no new folder either.
fn failure(limits: Limits, answers: impl Fn() -> Vec<Answer>) -> Error {
    let place = TempDir::new().unwrap();
    let new_folder = place.path().join("new/data");
    let mut last = None;
    for folder in [place.path(), &new_folder] {
        let server = Server::start(answers());
        last = Some(fetch_small(limits, folder, &server.base_url()).unwrap_err());
        assert_eq!(names_in(place.path()), [""; 0], "after {last:?}");
    }
    let error = last.unwrap();
    assert!(!error.to_string().contains('\n'), "more than one line: {error}");
    error
}

fn failure_with(answer: impl Fn() -> Answer) -> Error {
    failure(PATIENT, || vec![answer()])
}

#[test]
fn a_failing_second_file_leaves_the_first_one_whole() {
    let place = TempDir::new().unwrap();
    let folder = place.path().join("data");
    let server = Server::start([Answer::file(&train_body()), Answer::status("503 Service Unavailable")]);
    let error = fetch_small(PATIENT, &folder, &server.base_url()).unwrap_err();
    assert!(matches!(error, Error::Status { status: 503, .. }), "{error}");
    assert_eq!(names_in(&folder), ["train_small.h5"]);
    assert_eq!(fs::read(folder.join(SMALL.train)).unwrap(), train_body());
}

#[test]
fn a_wrong_hash_is_refused_with_both_hashes() {
    let mut body = train_body();
    body[100_000] ^= 1;
    let error = failure_with(|| Answer::file(&body));
    assert!(
        matches!(&error, Error::WrongHash { found, expected, .. }
        if found.len() == 64 && expected.starts_with("c60ce11d") && found != expected),
        "{error}"
    );
}

#[test]
fn a_server_that_offers_another_size_is_refused_before_it_sends() {
    for length in [5, 300_000] {
        let error = failure_with(|| Answer::announced(length, b"login"));
        assert!(
            matches!(error, Error::OtherSize { announced, expected: 200_000, .. }
            if announced == length as u64),
            "{error}"
        );
    }
}

#[test]
fn a_short_body_leaves_nothing_behind() {
    let error = failure_with(|| Answer::unannounced(&train_body()[..199_999]));
    assert!(matches!(error, Error::Short { received: 199_999, expected: 200_000, .. }), "{error}");
}

#[test]
fn a_connection_that_ends_in_the_middle_leaves_nothing_behind() {
    let error = failure_with(|| Answer::announced(200_000, &train_body()[..150_000]));
    assert!(matches!(error, Error::Short { received: 150_000, .. }), "{error}");
}

#[test]
fn a_body_that_goes_on_is_stopped() {
    let endless = [train_body(), vec![0; 4_000_000]].concat();
    let error = failure_with(|| Answer::unannounced(&endless));
    assert!(matches!(error, Error::TooLong { expected: 200_000, .. }), "{error}");
    let error = failure_with(|| Answer::chunked_twice(&train_body()));
    assert!(matches!(error, Error::TooLong { .. }), "{error}");
}

#[test]
fn a_missing_page_names_the_status_and_the_address() {
    let error = failure_with(|| Answer::status("404 Not Found"));
    assert!(matches!(error, Error::Status { status: 404, .. }), "{error}");
    let line = error.to_string();
    assert!(line.contains("/datasets/train_small.h5") && line.contains("404"), "{line}");
}

#[test]
fn redirects_in_a_circle_end() {
    let error = failure(PATIENT, || (0..10).map(|_| Answer::redirect("/datasets/train_small.h5")).collect());
    assert!(matches!(error, Error::Redirects { allowed: 3, .. }), "{error}");
}

#[test]
fn a_refused_connection_is_named_and_leaves_nothing_behind() {
    let place = TempDir::new().unwrap();
    let error = fetch_small(PATIENT, &place.path().join("data"), CLOSED).unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error}");
    assert!(error.to_string().contains("refused"), "{error}");
    assert_eq!(names_in(place.path()), [""; 0]);
}

#[test]
fn an_unknown_host_is_unreachable() {
    let place = TempDir::new().unwrap();
    // RFC 2606 reserves this ending: no host will ever have it.
    let error = fetch_small(PATIENT, place.path(), "http://nowhere.invalid/").unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error}");
    assert_eq!(names_in(place.path()), [""; 0]);
}

#[test]
fn a_server_that_falls_silent_is_given_up() {
    let error = failure(IMPATIENT, || vec![Answer::silence()]);
    assert!(matches!(error, Error::Stalled { received: 0, .. }), "{error}");
    let error = failure(IMPATIENT, || vec![Answer::announced(200_000, &train_body()[..150_000]).then_hang()]);
    assert!(matches!(error, Error::Stalled { received: 150_000, .. }), "{error}");
}

#[test]
fn an_answer_that_is_not_http_is_an_error() {
    let error = failure_with(Answer::noise);
    assert!(matches!(error, Error::Protocol { .. }), "{error}");
}

#[test]
fn an_address_that_is_none_is_named() {
    for base_url in ["", "data", "ftp://host/", "http://", "http://a b/", "file:///data"] {
        let place = TempDir::new().unwrap();
        let error = fetch_small(PATIENT, place.path(), base_url).unwrap_err();
        assert!(matches!(error, Error::BadUrl { .. }), "{base_url}: {error}");
        assert_eq!(names_in(place.path()), [""; 0]);
    }
}

#[test]
fn only_this_machine_is_asked_without_the_proxy() {
    for (url, expected) in [
        ("http://localhost:80/", true),
        ("http://127.0.0.1/", true),
        ("http://[::1]:8080/", true),
        ("https://github.com/", false),
        ("http://127.example.org/", false),
    ] {
        assert_eq!(transfer::is_loopback(&url.parse().unwrap()), expected, "{url}");
    }
}
