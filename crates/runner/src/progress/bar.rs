//! A bar that leaves nothing behind: it keeps off the end of the line, where a terminal's own ^C would push it up.

use std::fmt::Write;
use std::io;
use std::sync::atomic::{AtomicU16, Ordering};

use console::Term;
use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle, TermLike};

use super::mode::{Form, ProgressMode};

/// Columns that a bar takes at most, so that most changes of a window's width don't break it into two lines.
const WIDEST: u16 = 80;
/// Columns at the end of the line that stay free: a terminal writes ^C there, and goes to the next line where it has no room.
const FREE: u16 = 4;

/// Columns of the time that is left.
const LEFT: usize = "  89s left".len();

/// Makes a bar on stderr, with what is `done` in words of indicatif's template.
pub(super) fn new(parts: u64, done: &str) -> ProgressBar {
    on(Term::buffered_stderr(), parts, done)
}

fn on(terminal: impl TermLike + 'static, parts: u64, done: &str) -> ProgressBar {
    let target = ProgressDrawTarget::term_like_with_hz(Box::new(Narrower { terminal, drawn: AtomicU16::new(0) }), 20);
    let bar = ProgressBar::with_draw_target(Some(parts), target);
    // The bar takes what the words leave.
    let style = ProgressStyle::with_template(&format!("{{wide_bar}} {done}{{left}}{{msg}}"));
    bar.set_style(style.expect("a template without mistakes").with_key("left", time_left));
    bar
}

/// Joins the first words for which a bar on stderr has room beside what is done, which takes `done` columns.
pub(super) fn fitting(words: impl IntoIterator<Item = String>, done: usize) -> String {
    fitting_into(columns_of(Term::stderr().size().1), words, done)
}

/// Joins the first words that fit into a bar of these columns: a longer line would be broken into two, of which one would stay on the
/// screen.
fn fitting_into(columns: u16, words: impl IntoIterator<Item = String>, done: usize) -> String {
    let room = usize::from(columns).saturating_sub(1 + done + LEFT);
    let joined = words.into_iter().scan(String::new(), |line, word| {
        *line += if line.is_empty() { "  " } else { ", " };
        *line += &word;
        Some(line.clone())
    });
    joined.take_while(|line| line.chars().count() <= room).last().unwrap_or_default()
}

fn columns_of(terminal: u16) -> u16 {
    terminal.min(WIDEST).saturating_sub(FREE).max(1)
}

/// Makes a bar for `parts` that counts them in these words of indicatif's template; it is hidden with --quiet and where there is no
/// terminal.
pub(crate) fn counting(parts: u64, counts: &str) -> ProgressBar {
    match ProgressMode::Auto.form() {
        Form::Bar => ProgressBar::new(parts).with_style(style(counts)),
        _ => ProgressBar::hidden(),
    }
}

/// Makes the style of a bar that counts `counts`, words of indicatif's template.
pub(super) fn style(counts: &str) -> ProgressStyle {
    ProgressStyle::with_template(&format!("{{bar:30}} {counts}")).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// Writes the time that is left, but not before the first part is done: until then there is nothing to tell it by.
fn time_left(state: &ProgressState, out: &mut dyn Write) {
    if state.pos() > 0 {
        let _ = write!(out, "  {:#} left", HumanDuration(state.eta()));
    }
}

/// The terminal, as if it had fewer columns.
#[derive(Debug)]
struct Narrower<T> {
    terminal: T,
    /// The columns of what was drawn since the line was cleared.
    drawn: AtomicU16,
}

impl<T: TermLike> TermLike for Narrower<T> {
    fn width(&self) -> u16 {
        columns_of(self.terminal.width())
    }

    fn move_cursor_up(&self, lines: usize) -> io::Result<()> {
        self.terminal.move_cursor_up(lines)
    }

    fn move_cursor_down(&self, lines: usize) -> io::Result<()> {
        self.terminal.move_cursor_down(lines)
    }

    fn move_cursor_right(&self, columns: usize) -> io::Result<()> {
        self.terminal.move_cursor_right(columns)
    }

    fn move_cursor_left(&self, columns: usize) -> io::Result<()> {
        self.terminal.move_cursor_left(columns)
    }

    fn write_line(&self, line: &str) -> io::Result<()> {
        self.terminal.write_line(line)
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.drawn.fetch_add(text.chars().count() as u16, Ordering::Relaxed);
        self.terminal.write_str(text)
    }

    /// Clears also the lines that a bar has been broken into since it was drawn, by a window that has become narrower.
    fn clear_line(&self) -> io::Result<()> {
        let broken = self.drawn.swap(0, Ordering::Relaxed).saturating_sub(1) / self.terminal.width().max(1);
        for _ in 0..broken {
            self.terminal.clear_line()?;
            self.terminal.move_cursor_up(1)?;
        }
        self.terminal.clear_line()
    }

    fn flush(&self) -> io::Result<()> {
        self.terminal.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    /// The text on a terminal of this many columns, and the number of times that a line of it was cleared.
    #[derive(Clone, Debug)]
    struct Paper {
        columns: Arc<AtomicU16>,
        text: Arc<Mutex<String>>,
        cleared: Arc<AtomicU16>,
    }

    impl Paper {
        fn new(columns: u16) -> Self {
            Paper { columns: Arc::new(columns.into()), text: Arc::default(), cleared: Arc::default() }
        }
    }

    impl TermLike for Paper {
        fn width(&self) -> u16 {
            self.columns.load(Ordering::Relaxed)
        }

        fn move_cursor_up(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_down(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_right(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_left(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn write_line(&self, line: &str) -> io::Result<()> {
            self.write_str(line)
        }

        fn write_str(&self, text: &str) -> io::Result<()> {
            self.text.lock().unwrap().push_str(text);
            Ok(())
        }

        fn clear_line(&self) -> io::Result<()> {
            self.text.lock().unwrap().clear();
            self.cleared.fetch_add(1, Ordering::Relaxed);
            Ok(())
        }

        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_bar_leaves_room_for_what_the_terminal_writes_and_says_no_time_before_it_knows_one() {
        for (columns, width) in [(60, 56), (80, 76), (200, 76)] {
            let paper = Paper::new(columns);
            let bar = on(paper.clone(), 100, "{percent:>3}%");
            bar.set_message("  16/108 trials, best cost 0.1947");
            bar.tick();
            let drawn = || paper.text.lock().unwrap().trim_end_matches('\n').to_owned();
            assert_eq!(drawn().chars().count(), width, "{}", drawn());
            assert!(!drawn().contains("left") && drawn().contains("  0%"), "{}", drawn());
            bar.set_position(50);
            std::thread::sleep(std::time::Duration::from_millis(100));
            bar.tick();
            assert!(drawn().contains(" left  16/108 trials, best cost 0.1947"), "{}", drawn());
            assert_eq!(drawn().chars().count(), width, "{}", drawn());
        }
    }

    #[test]
    fn a_bar_says_only_what_fits_into_one_line() {
        let words =
            || ["16/108 trials", "best cost 0.1947", "iteration 7157 of 20000", "cost 0.0006"].map(str::to_owned);
        for (columns, said) in [
            (20, ""),
            (40, "  16/108 trials"),
            (60, "  16/108 trials, best cost 0.1947"),
            (80, "  16/108 trials, best cost 0.1947, iteration 7157 of 20000"),
        ] {
            let paper = Paper::new(columns);
            let bar = on(paper.clone(), 100, "{percent:>3}%");
            bar.set_message(fitting_into(columns_of(columns), words(), "100%".len()));
            bar.set_position(50);
            std::thread::sleep(std::time::Duration::from_millis(100));
            bar.tick();
            let drawn = paper.text.lock().unwrap().trim_end().to_owned();
            assert!(drawn.ends_with(&format!(" left{said}")), "{drawn}");
            assert!(drawn.chars().count() <= columns_of(columns).into(), "{drawn}");
        }
    }

    #[test]
    fn a_bar_that_a_narrower_window_has_broken_into_lines_is_cleared_whole() {
        let paper = Paper::new(80);
        let bar = on(paper.clone(), 100, "{percent:>3}%");
        bar.tick();
        paper.columns.store(30, Ordering::Relaxed);
        paper.cleared.store(0, Ordering::Relaxed);
        bar.finish_and_clear();
        assert_eq!(paper.cleared.load(Ordering::Relaxed), 3, "76 columns on lines of 30");
    }
}
