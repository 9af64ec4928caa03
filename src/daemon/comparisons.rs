//! Comparing worktrees with their bases, off the daemon's one thread.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::AbortHandle;

use crate::base::clock::Clock;
use crate::base::test_point;
use crate::project::diff::{Diff, DiffError, DiffSpec, Want};
use crate::project::pulse::{Pulse, Pulses};
use crate::protocol::{Code, WireError};

/// What was counted is kept for so long after somebody last asked: the kernel has a kilobyte for every folder that it watches for us.
const KEPT: Duration = Duration::from_secs(600);

/// What was counted, and how much may be going on.
pub struct Comparisons {
    pulses: Arc<Pulses>,
    /// One a core, of those on the blocking pool: files are written there too.
    places: Arc<Semaphore>,
    cores: usize,
    forgetting: Mutex<Option<AbortHandle>>,
}

impl Default for Comparisons {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get().min(4));
        Self { pulses: Arc::default(), places: Arc::new(Semaphore::new(cores)), cores, forgetting: Mutex::default() }
    }
}

impl Comparisons {
    /// What has changed in each, in their order.
    pub async fn diffs(
        &self,
        specs: Vec<DiffSpec>,
        want: Want,
        clock: &Clock,
    ) -> Result<Vec<Result<Diff, DiffError>>, WireError> {
        self.forget_later();
        let (threads, pulses, clock) = (self.threads_each(specs.len()), self.pulses.clone(), clock.clone());
        self.each(specs, move |spec| pulses.diff(&spec, want, threads, clock.now())).await
    }

    /// How much has changed in each, in their order.
    pub async fn pulses(
        &self,
        specs: Vec<DiffSpec>,
        clock: &Clock,
    ) -> Result<Vec<Result<Pulse, DiffError>>, WireError> {
        self.forget_later();
        let (pulses, asked) = (self.pulses.clone(), specs.clone());
        // Where nothing has changed this is all: a few looks at files.
        let known =
            tokio::task::spawn_blocking(move || asked.iter().map(|spec| pulses.known(spec)).collect::<Vec<_>>());
        let known = known.await.map_err(broken)?;
        let unknown: Vec<DiffSpec> =
            specs.into_iter().zip(&known).filter(|(_, known)| known.is_none()).map(|(spec, _)| spec).collect();
        let (threads, pulses, clock) = (self.threads_each(unknown.len()), self.pulses.clone(), clock.clone());
        let counted = self.each(unknown, move |spec| pulses.count(&spec, threads, clock.now())).await?;
        let mut counted = counted.into_iter();
        Ok(known.into_iter().filter_map(|known| known.map(Ok).or_else(|| counted.next())).collect())
    }

    /// Does something for each, as many at a time as there are cores.
    async fn each<T: Send + 'static>(
        &self,
        specs: Vec<DiffSpec>,
        what: impl Fn(DiffSpec) -> T + Clone + Send + 'static,
    ) -> Result<Vec<T>, WireError> {
        let mut going_on = Vec::with_capacity(specs.len());
        for spec in specs {
            let place = self.places.clone().acquire_owned().await;
            let what = what.clone();
            going_on.push(tokio::task::spawn_blocking(move || {
                let _place = place;
                what(spec)
            }));
        }
        let mut done = Vec::with_capacity(going_on.len());
        for one in going_on {
            done.push(one.await.map_err(broken)?);
        }
        Ok(done)
    }

    /// One worktree gets all cores, several share them.
    fn threads_each(&self, worktrees: usize) -> usize {
        (self.cores / worktrees.max(1)).max(1)
    }

    /// Forgets what was counted when nobody has asked for a while. One timer, which ends with that.
    fn forget_later(&self) {
        let pulses = self.pulses.clone();
        let task = tokio::spawn(async move {
            tokio::time::sleep(test_point::limit("PINTLE_TEST_PULSES_MS", KEPT)).await;
            pulses.forget();
        });
        let mut forgetting = self.forgetting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(earlier) = forgetting.replace(task.abort_handle()) {
            earlier.abort();
        }
    }
}

/// A comparison that panicked.
pub fn broken(error: tokio::task::JoinError) -> WireError {
    WireError::new(Code::InternalError, format!("a worktree could not be compared: {error}"))
}
