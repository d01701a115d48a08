# Kills a worker in the midst of each of some runs, and compares their results,
# bit for bit, with those of one process:
#
#   Rscript tools/kill-workers.R [RUNS, 20] [POINTS, 40000] [WORKERS, 2]
#
# A run has its parts kept in a folder. As soon as so many of them are there, a
# number that differs from run to run, a process beside this one kills the
# worker. The script fails where a result differs, where more parts are sent
# again than were under way, one a worker, or where a run ends before its worker
# is killed.

library(rkeops)

arguments <- as.numeric(commandArgs(TRUE))
chosen <- function(k, default) {
  if (is.na(arguments[k])) default else arguments[k]
}
runs <- chosen(1, 20)
count <- chosen(2, 40000)
processes <- chosen(3, 2)

set.seed(1)
x <- matrix(rnorm(3 * count), ncol = 3)
b <- matrix(rnorm(2 * count), ncol = 2)
distances <- function() sqdist(Vi(x), Vj(x))
calls <- list(
  "Gaussian sum" = function() sum(exp(-distances()) * Vj(b), index = "j"),
  "10 neighbours" = function() Kmin_argKmin(distances(), 10, "j"),
  "gradient" = function() grad(exp(-distances()), 1, "Sum", 0, "j"),
  "log-sum-exp" = function() logsumexp(-distances(), "i")
)

set_rkeops_options(compile = "never", pruning = "never", threads = processes)
alone <- lapply(calls, function(f) f())
future::plan(future::multisession, workers = processes)

pid_of_a_worker <- function() {
  future::value(future::future(Sys.getpid(), globals = FALSE, seed = NULL))
}

is_alive <- function(pid) tools::pskill(pid, 0)

# Kills when so many parts are in the folder.
kill_when <- function(pid, parts, folder) {
  system(sprintf(
    "(while [ $(ls '%s' | grep -c 'part$') -lt %d ]; do sleep 0.01; done; kill -9 %d)", # nolint
    folder, parts, pid
  ), wait = FALSE)
}

run_with_kill <- function(number) {
  name <- names(calls)[[1 + number %% length(calls)]]
  folder <- tempfile("parts-")
  dir.create(folder)
  use_workers(threads = 1, task = count^2 / 16, checkpoint = folder)
  pid <- pid_of_a_worker()
  killed_after <- 1 + number %% 8
  kill_when(pid, killed_after, folder)
  result <- suppressWarnings(calls[[name]]())
  last <- rkeops:::workers$last
  was_killed <- !is_alive(pid)
  if (!was_killed) {
    file.create(file.path(folder, paste0(1:9, ".part"))) # ends who waits
    Sys.sleep(2)
    future::plan(future::sequential)
    future::plan(future::multisession, workers = processes)
  }
  is_right <- identical(result, alone[[name]]) && was_killed &&
    last$lost <= processes
  cat(sprintf(
    "%2d %-14s killed after %d of %d parts, %d again: %s\n", number, name,
    killed_after, last$parts, last$lost, if (is_right) "right" else "WRONG"
  ))
  c(right = is_right, again = last$lost)
}

outcome <- vapply(seq_len(runs), run_with_kill, numeric(2))
cat(sprintf(
  "%d of %d right; parts sent again: %d, at most %d a run\n",
  sum(outcome["right", ]), runs, sum(outcome["again", ]),
  max(outcome["again", ])
))
use_workers(FALSE)
future::plan(future::sequential)
if (!all(outcome["right", ] == 1)) quit(status = 1)
