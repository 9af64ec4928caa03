//! What the palette knows and does: events in, actions out. Pure: no terminal, no socket, no clock.

use ratatui::text::Line as Drawn;

use super::entry::{self, Command, Entry, Project, Start, Target, What};
use super::event::{Action, Deed, Event, Mode, Notice, Outcome, Question, Told};
use super::layout::{Layout, layout};
use super::line::Line;
use super::picture;
use super::search::{Found, Search};
use crate::cli::agents::word;
use crate::cli::keyboard::Key;
use crate::protocol::typed::reply::{ConfigReport, StatusReport, Worktree};

/// Everything the palette knows.
pub struct State {
    search: Search,
    /// Where it stands; `None`: the folder is no project yet.
    project: Option<Project>,
    folder: String,
    entries: Vec<Entry>,
    found: Vec<Found>,
    line: Line,
    /// Place of the chosen one among those found.
    chosen: usize,
    /// A person has chosen it; before that, it is just the first.
    moved: bool,
    mode: Mode,
    /// The worktree whose entries are listed, with what was searched for before.
    within: Option<(String, Line)>,
    notice: Option<Notice>,
    /// What is being done.
    busy: bool,
    /// There is no news until it is listened for again.
    deaf: bool,
    preview: bool,
    size: (u16, u16),
    picture: Option<(String, Vec<Drawn<'static>>)>,
    /// The agent whose screen was asked for last.
    looked_at: Option<String>,
}

impl State {
    /// The palette of the project in `folder`, or of a folder that is none (`status` is `None`), in a terminal of this size
    /// (columns, rows).
    pub fn new(folder: String, status: Option<StatusReport>, size: (u16, u16)) -> Self {
        let project =
            status.map(|StatusReport { agents, worktrees, .. }| Project { agents, worktrees, ..Project::default() });
        let mut state = Self {
            search: Search::new(),
            project,
            folder,
            entries: Vec::new(),
            found: Vec::new(),
            line: Line::default(),
            chosen: 0,
            moved: false,
            mode: Mode::Choose,
            within: None,
            notice: None,
            busy: false,
            deaf: false,
            preview: true,
            size,
            picture: None,
            looked_at: None,
        };
        state.list();
        state
    }

    /// What is to be done before anything has happened.
    pub fn begin(&mut self) -> Vec<Action> {
        let follow = self.project.is_some().then_some(Action::Follow);
        follow.into_iter().chain(self.look(false)).collect()
    }

    /// Takes in what has happened; returns what is to be done about it.
    pub fn update(&mut self, event: Event) -> Vec<Action> {
        let is_sign = matches!(event, Event::Key(_) | Event::Done(_));
        let (mut actions, again) = match event {
            Event::Key(key) => (self.key(key), key == Key::Ctrl('l')),
            Event::Resized(cols, rows) => {
                self.size = (cols, rows);
                (Vec::new(), false)
            }
            Event::Status(status) => {
                let project = self.project.get_or_insert_default();
                (project.agents, project.worktrees) = (status.agents, status.worktrees);
                self.stay_within();
                self.list();
                (Vec::new(), true)
            }
            Event::Kinds(config) => {
                self.project.get_or_insert_default().kinds = kinds(&config);
                self.list();
                (Vec::new(), false)
            }
            Event::Environments(envs) => {
                self.project.get_or_insert_default().envs = envs;
                self.list();
                (Vec::new(), false)
            }
            Event::Definitions(kept) => {
                self.project.get_or_insert_default().kept = kept;
                self.list();
                (Vec::new(), false)
            }
            Event::Screen(id, screen) => {
                let lines = screen.map_or_else(|why| vec![Drawn::from(why)], |screen| picture::lines(&screen));
                self.picture = Some((id, lines));
                (Vec::new(), false)
            }
            Event::Done(done) => (self.done(done), true),
            Event::Deaf(why) => {
                self.deaf = true;
                self.say_bad(why);
                return Vec::new();
            }
        };
        actions.extend(self.look(again));
        actions.extend(self.listen_again(is_sign));
        actions
    }

    /// The entries that were found, and which of their characters matched.
    pub fn found(&self) -> impl ExactSizeIterator<Item = (&Entry, &Found)> {
        self.found.iter().map(|found| (&self.entries[found.at], found))
    }

    /// How many entries there are in all.
    pub fn total(&self) -> usize {
        self.entries.len()
    }

    /// Place of the chosen entry among those found.
    pub fn chosen(&self) -> usize {
        self.chosen
    }

    /// The chosen entry, if anything was found.
    pub fn entry(&self) -> Option<&Entry> {
        self.found.get(self.chosen).map(|found| &self.entries[found.at])
    }

    /// The line that is searched for.
    pub fn line(&self) -> &Line {
        &self.line
    }

    /// What the keys mean now.
    pub fn mode(&self) -> &Mode {
        &self.mode
    }

    /// The worktree in which something is to be done.
    pub fn within(&self) -> Option<&Worktree> {
        let (id, _) = self.within.as_ref()?;
        self.project.as_ref()?.worktree(id)
    }

    /// What has happened and has not been read yet.
    pub fn notice(&self) -> Option<&Notice> {
        self.notice.as_ref()
    }

    /// Whether it is a project without any agent.
    pub fn is_empty(&self) -> bool {
        self.project.as_ref().is_some_and(|project| project.agents.is_empty())
    }

    /// What stands where.
    pub fn layout(&self) -> Layout {
        layout(self.size.0, self.size.1, self.preview)
    }

    /// The chosen agent's screen, once it is there.
    pub fn picture(&self) -> Option<&[Drawn<'static>]> {
        let id = self.entry()?.agent()?;
        self.picture.as_ref().filter(|(of, _)| of == id).map(|(_, lines)| lines.as_slice())
    }

    /// Makes the entries anew. Who was chosen stays chosen; where it is gone, its place does. An agent counts as chosen as soon
    /// as it is shown to be: whoever presses Enter means what they see.
    fn list(&mut self) {
        let chosen = self.entry().filter(|entry| self.moved || entry.agent().is_some());
        let chosen = chosen.map(|entry| entry.target.clone());
        self.entries = match (&self.project, self.within()) {
            (Some(project), Some(worktree)) => entry::of_worktree(project, worktree),
            (Some(project), None) => entry::of_project(project),
            (None, _) => entry::of_folder(&self.folder),
        };
        self.found = self.search.find(self.line.text(), &self.entries);
        let same = |found: &Found| Some(&self.entries[found.at].target) == chosen.as_ref();
        let last = self.found.len().saturating_sub(1);
        let place = if self.moved { self.chosen.min(last) } else { 0 };
        self.chosen = self.found.iter().position(same).unwrap_or(place);
    }

    /// Asks for the chosen agent's screen if it is another than before, or `again`, and if there is room to show it.
    fn look(&mut self, again: bool) -> Option<Action> {
        let wanted = self.entry().and_then(Entry::agent).map(str::to_owned);
        let wanted = wanted.filter(|_| self.layout().preview.area() > 0);
        let look = again || wanted != self.looked_at;
        self.looked_at.clone_from(&wanted);
        wanted.filter(|_| look).map(Action::Look)
    }

    /// Listens again where there was no news any more. Nobody tells that a daemon is there again; a key that is pressed, or a deed that
    /// is done, is a sign that there may be one, and that somebody wants to know.
    fn listen_again(&mut self, is_sign: bool) -> Option<Action> {
        let again = self.deaf && is_sign && !self.busy;
        self.deaf &= !again;
        again.then_some(Action::Follow)
    }

    fn key(&mut self, key: Key) -> Vec<Action> {
        self.notice = None;
        match std::mem::replace(&mut self.mode, Mode::Choose) {
            Mode::Choose => self.choose(key),
            Mode::Ask(question, line) => self.ask(question, line, key),
            // Anything but a plain yes is a no: Enter may have been pressed for what was there a moment ago.
            Mode::Confirm(_, deed) if matches!(key, Key::Char('y' | 'Y')) => self.do_it(deed),
            Mode::Confirm(..) => Vec::new(),
        }
    }

    fn choose(&mut self, key: Key) -> Vec<Action> {
        let last = self.found.len().saturating_sub(1);
        let page = usize::from(self.layout().list.height).max(1);
        let before = self.chosen;
        match key {
            Key::Escape if self.within.is_some() => {
                self.come_out();
                return Vec::new();
            }
            Key::Escape | Key::Ctrl('c' | 'g') => return vec![Action::Leave(Outcome::Left)],
            Key::Up | Key::Ctrl('p') => self.chosen = self.chosen.checked_sub(1).unwrap_or(last),
            Key::Down | Key::Ctrl('n') => self.chosen = if self.chosen < last { self.chosen + 1 } else { 0 },
            Key::PageUp => self.chosen = self.chosen.saturating_sub(page),
            Key::PageDown => self.chosen = (self.chosen + page).min(last),
            Key::Home => self.chosen = 0,
            Key::End => self.chosen = last,
            Key::Ctrl('v') => self.preview = !self.preview,
            Key::Enter => return self.enter(),
            Key::Ctrl(letter @ ('o' | 's' | 'k' | 'z' | 'r')) => return self.with_agent(letter),
            key => {
                if self.line.edit(key) {
                    self.chosen = 0;
                    self.found = self.search.find(self.line.text(), &self.entries);
                    self.moved = false;
                    return Vec::new();
                }
            }
        }
        self.moved |= self.chosen != before;
        Vec::new()
    }

    fn enter(&mut self) -> Vec<Action> {
        match self.entry().map(|entry| entry.target.clone()) {
            None => Vec::new(),
            Some(Target::Agent(id)) => vec![Action::Leave(Outcome::Attach(id))],
            Some(Target::Worktree(id)) => {
                self.go_into(id);
                Vec::new()
            }
            Some(Target::Command(Command::Diff(id))) => vec![Action::Leave(Outcome::Diff(id))],
            Some(Target::Command(Command::Shell(folder))) => self.do_it(Deed::Shell(folder)),
            Some(Target::Command(Command::Init)) => self.do_it(Deed::Init),
            Some(Target::Command(Command::Reload)) => self.do_it(Deed::Reload),
            Some(Target::Command(Command::SetEnv(name))) => self.do_it(Deed::SetEnv(name)),
            Some(Target::Command(Command::Spawn(kind, worktree))) => {
                self.mode = Mode::Ask(Question::Spawn(kind, worktree), Line::default());
                Vec::new()
            }
            Some(Target::Command(Command::Start(start))) => self.start(start, Vec::new()),
            Some(Target::Command(Command::Unusable(error))) => {
                self.say_bad(error);
                Vec::new()
            }
            Some(Target::Command(Command::SuspendAll)) => {
                self.mode = Mode::Confirm("suspend all agents of the project?".to_owned(), Deed::SuspendAll);
                Vec::new()
            }
            Some(Target::Command(Command::ResumeAll)) => {
                self.mode = Mode::Confirm("resume all agents that are suspended?".to_owned(), Deed::ResumeAll);
                Vec::new()
            }
        }
    }

    /// Lists what can be done in a worktree, in place of everything else.
    fn go_into(&mut self, id: String) {
        self.within = Some((id, std::mem::take(&mut self.line)));
        (self.moved, self.chosen) = (false, 0);
        self.list();
    }

    /// Lists everything again, as before, the worktree chosen.
    fn come_out(&mut self) {
        let Some((id, line)) = self.within.take() else { return };
        self.line = line;
        self.moved = false;
        self.list();
        let target = Target::Worktree(id);
        if let Some(at) = self.found.iter().position(|found| self.entries[found.at].target == target) {
            (self.chosen, self.moved) = (at, true);
        }
    }

    /// A worktree that somebody has deleted meanwhile is nothing to do anything in.
    fn stay_within(&mut self) {
        if self.within.is_some() && self.within().is_none() {
            self.come_out();
            self.mode = Mode::Choose;
            self.say_bad("the worktree is gone".to_owned());
        }
    }

    /// Starts what is kept when all its placeholders are answered, and asks for the next one before. A swarm is many agents: it is
    /// asked once more.
    fn start(&mut self, start: Start, given: Vec<(String, String)>) -> Vec<Action> {
        if given.len() < start.variables.len() {
            self.mode = Mode::Ask(Question::Value(start, given), Line::default());
            return Vec::new();
        }
        if start.what == What::Swarm {
            let question = format!("run the swarm {}?", start.name);
            self.mode = Mode::Confirm(question, Deed::Start(start, given));
            return Vec::new();
        }
        self.do_it(Deed::Start(start, given))
    }

    /// A key that is about the chosen agent. It means nothing on a command.
    fn with_agent(&mut self, letter: char) -> Vec<Action> {
        let Some((entry, id)) = self.entry().and_then(|entry| Some((entry, entry.agent()?.to_owned()))) else {
            return Vec::new();
        };
        let name = entry.name.clone();
        match letter {
            'o' => return self.do_it(Deed::Split(id)),
            'z' if entry.suspended => return self.do_it(Deed::Resume(id)),
            'z' => return self.do_it(Deed::Suspend(id)),
            'k' => {
                let doing = entry.activity.map(word).unwrap_or_default();
                let question = format!("kill {name} ({doing}) and all that it has started?");
                self.mode = Mode::Confirm(question, Deed::Kill(id));
            }
            'r' => self.mode = Mode::Ask(Question::Rename(id, name.clone()), Line::with(name)),
            _ => self.mode = Mode::Ask(Question::Send(id, name), Line::default()),
        }
        Vec::new()
    }

    fn ask(&mut self, question: Question, mut line: Line, key: Key) -> Vec<Action> {
        match key {
            Key::Escape | Key::Ctrl('c' | 'g') => return Vec::new(),
            Key::Enter => {
                let text = line.text().trim().to_owned();
                if let Question::Value(start, given) = &question {
                    let name = start.variables.get(given.len()).cloned().unwrap_or_default();
                    let given = given.iter().cloned().chain([(name, text)]).collect();
                    return self.start(start.clone(), given);
                }
                let deed = match &question {
                    Question::Spawn(kind, worktree) => Some(Deed::Spawn(kind.clone(), worktree.clone(), text)),
                    _ if text.is_empty() => None,
                    Question::Value(..) => None,
                    Question::Send(id, _) => Some(Deed::Send(id.clone(), text)),
                    Question::Rename(id, _) => Some(Deed::Rename(id.clone(), text)),
                };
                if let Some(deed) = deed {
                    let actions = self.do_it(deed);
                    // What was typed is not lost because something else was still being done.
                    if actions.is_empty() {
                        self.mode = Mode::Ask(question, line);
                    }
                    return actions;
                }
            }
            key => _ = line.edit(key),
        }
        self.mode = Mode::Ask(question, line);
        Vec::new()
    }

    /// One at a time, so that an answer is never taken for another's.
    fn do_it(&mut self, deed: Deed) -> Vec<Action> {
        if self.busy {
            self.say_bad("the last one is still being done; try again in a moment".to_owned());
            return Vec::new();
        }
        self.busy = true;
        self.notice = Some(Notice { text: deed.under_way().to_owned(), bad: false });
        vec![Action::Do(deed)]
    }

    fn done(&mut self, done: Result<Told, String>) -> Vec<Action> {
        self.busy = false;
        match done {
            Ok(Told::Words(text)) => self.notice = Some(Notice { text, bad: false }),
            Ok(Told::Spawned(id)) => return vec![Action::Leave(Outcome::Attach(id))],
            Ok(Told::Shown) => return vec![Action::Leave(Outcome::Left)],
            Ok(Told::Initialised) => {
                self.project = Some(Project::default());
                self.notice = Some(Notice { text: "this folder is a project now".to_owned(), bad: false });
                self.list();
                return vec![Action::Follow];
            }
            Err(why) => self.say_bad(why),
        }
        Vec::new()
    }

    fn say_bad(&mut self, text: String) {
        self.notice = Some(Notice { text, bad: true });
    }
}

/// The project's default kind first, the others by name.
fn kinds(config: &ConfigReport) -> Vec<String> {
    let others = config.agents.keys().filter(|kind| **kind != config.default_agent);
    std::iter::once(&config.default_agent).chain(others).cloned().collect()
}

#[cfg(test)]
#[path = "state_tests.rs"]
mod tests;
