# Workers for tests: calls that they take part in, and workers that fail.

with_workers <- function(code, ..., task = 2e5) {
  previous <- use_workers(task = task, ...)
  on.exit(set_rkeops_options(previous))
  force(code)
}

# A function of the package, until the test ends.
local_replaced <- function(name, value, frame = parent.frame()) {
  space <- asNamespace("rkeops")
  old <- get(name, space)
  replace <- function(value) {
    unlockBinding(name, space)
    assign(name, value, space)
    lockBinding(name, space)
  }
  replace(value)
  withr::defer(replace(old), frame)
}

# A call that workers took part in.
expect_shared <- function(f, parts = 2, ...) {
  alone <- f()
  workers$last <- NULL
  shared <- with_workers(f(), ...)
  expect_identical(shared, alone)
  expect_gte(workers$last$parts %||% 0, parts)
}

# A worker that does not go on with its next part until the end of the test.
# The time of the part is over when nobody else has anything to do.
local_hanging_worker <- function(frame = parent.frame()) {
  go_on <- tempfile()
  asked <- future::future(local({
    go_on <- go_on
    space <- asNamespace("rkeops")
    original <- space$worker_task
    unlockBinding("worker_task", space)
    assign("worker_task", function(task) {
      while (!file.exists(go_on)) Sys.sleep(0.05)
      original(task)
    }, space)
  }), globals = list(go_on = go_on))
  future::value(asked)
  withr::defer(file.create(go_on), frame)
  give_up_late <- give_up_late
  is_over <- FALSE
  local_replaced(
    "time_limit", function(seconds) if (is_over) -1 else Inf, frame
  )
  local_replaced("give_up_late", function(run) {
    nodes <- lapply(run$sent, function(one) one$future$node)
    others_wait <- !length(run$waiting) || future::nbrOfWorkers() == 1
    is_over <<- others_wait && identical(nodes, list(asked$node))
    give_up_late(run)
  }, frame)
}
