# A job whose parts workers compute: parts are sent through future(), collected,
# and sent again where they are lost. The native code calls compute_on_workers()
# in the midst of a call, with the job, and merges what was delivered.

workers <- new.env(parent = emptyenv())

#
# An interrupt while future talks to a worker would leave words on the way, so
# it is heard between these talks.
compute_on_workers <- function(job) {
  suspendInterrupts(collect_left())
  run <- new_run(job)
  on.exit(end_run(run))
  restore_parts(run)
  pause <- shortest_pause
  longest <- longest_pause_of_plan()
  while (!all(run$done)) {
    came <- suspendInterrupts({
      send_parts(run)
      collect_left()
      collect_parts(run)
    })
    pause <- if (came) shortest_pause else min(1.3 * pause, longest)
    if (!came) Sys.sleep(pause)
    give_up_late(run)
  }
  TRUE
}

# Seconds between two looks.
shortest_pause <- 0.002
longest_pause <- 0.05

# Batch systems are asked by starting programs.
longest_pause_of_plan <- function() {
  is_batch <- grepl("^batchtools", class(future::plan("next")))
  if (any(is_batch)) 2 else longest_pause
}

# `sent` are the parts under way, `late` those that nobody waits for any more.
new_run <- function(job) {
  description <- check_native(r_shared_job(job))
  count <- ncol(description$parts)
  run <- new.env(parent = emptyenv())
  run$job <- job
  run$description <- description
  run$waiting <- seq_len(count)
  run$done <- logical(count)
  run$tries <- integer(count)
  run$sent <- list()
  run$late <- list()
  run$seconds <- numeric()
  run$failed_to_send <- 0L
  run$has_lost_worker <- FALSE
  run$stop_file <- tempfile("stop-", inputs_folder())
  run$inputs <- publish_inputs(job, description)
  run$carried <- character()
  run$task <- task_of_run(run)
  run$progress <- progress_of(count, parent.frame())
  run
}

# All tasks of the run have this in common.
task_of_run <- function(run) {
  parts <- c(
    "program", "rows", "columns", "work", "counts", "input_rows", "components"
  )
  c(run$description[parts], list(
    threads = settings$worker_threads, host = Sys.info()[["nodename"]],
    workers_here = workers_here(), stop_file = run$stop_file,
    cache = settings$cache_dir, version = package_version_string()
  ))
}

# Tasks that are under way end when they see the file; the next call collects
# them, see collect_left().
end_run <- function(run) {
  left <- c(run$sent, run$late)
  if (length(left)) {
    file.create(run$stop_file)
    workers$left <- c(workers$left, lapply(left, `[[`, "future"))
    workers$stop_files <- c(workers$stop_files, run$stop_file)
  }
  if (!is.null(run$old_plan)) future::plan(run$old_plan)
  forget_inputs()
  end_progress(1)
  workers$last <- list(
    parts = length(run$done), restored = run$restored, lost = sum(run$tries)
  )
}

collect_left <- function() {
  open <- vapply(workers$left, function(one) {
    if (!is_resolved(one)) {
      return(TRUE)
    }
    tryCatch(future::value(one), error = function(e) NULL)
    FALSE
  }, NA)
  workers$left <- workers$left[open]
  if (!length(workers$left)) {
    unlink(workers$stop_files)
    workers$stop_files <- NULL
  }
}

# A future that fails to answer will give no value either.
is_resolved <- function(future) {
  isTRUE(tryCatch(future::resolved(future), error = function(e) TRUE))
}

# ---- sending ----

# After a worker was lost, nothing is sent before all that is under way came.
send_parts <- function(run) {
  if (run$has_lost_worker || all_hang(run)) {
    if (length(run$sent)) {
      return()
    }
    replace_lost_workers(run)
  }
  while (length(run$waiting) && has_room(run) && !run$has_lost_worker) {
    send_part(run, run$waiting[[1L]])
  }
}

# future() waits for workers that somebody else uses, deaf to interrupts, but
# those that are ours come by themselves.
has_room <- function(run) {
  if (length(run$sent) >= most_sent) {
    return(FALSE)
  }
  ours <- length(run$sent) + length(run$late) + length(workers$left)
  !ours || future::nbrOfFreeWorkers() > 0
}

# All workers have parts of this call that nobody waits for any more, or parts
# of a call that was stopped, which should end by themselves.
all_hang <- function(run) {
  stuck <- length(run$waiting) && !length(run$sent) && !has_room(run)
  run$stuck_since <- if (stuck) run$stuck_since %||% elapsed()
  stuck &&
    (length(run$late) || elapsed() - run$stuck_since > patience_with_left)
}

elapsed <- function() proc.time()[["elapsed"]]

patience_with_left <- 60

most_sent <- 1000L

send_part <- function(run, part) {
  task <- c(run$task, list(
    part = run$description$parts[, part], inputs = inputs_of_task(run)
  ))
  check_size_of_task(run)
  future <- tryCatch(
    future::future(
      quote(asNamespace("rkeops")$worker_task(task)), substitute = FALSE,
      globals = list(task = task), packages = "rkeops", seed = NULL,
      stdout = FALSE, conditions = character(),
      label = sprintf("rkeops-part-%d", part)
    ),
    error = identity
  )
  if (inherits(future, "error")) {
    return(note_failure_to_send(run, future))
  }
  run$failed_to_send <- 0L
  run$waiting <- run$waiting[-1L]
  run$sent <- c(run$sent, list(list(
    part = part, future = future, began = elapsed()
  )))
}

note_failure_to_send <- function(run, error) {
  run$failed_to_send <- run$failed_to_send + 1L
  run$has_lost_worker <- TRUE
  if (run$failed_to_send > most_tries + workers_of_plan()) {
    abort_worker("No worker takes a part of the computation.", error)
  }
}

abort_worker <- function(message, reason) {
  text <- if (is.character(reason)) reason else conditionMessage(reason)
  abort_rkeops(
    "worker", message, details = strsplit(text, "\n", fixed = TRUE)[[1L]][[1L]],
    hints = "`use_workers(FALSE)` computes in this process alone.", call = NULL
  )
}

# An input that some worker lacked goes with all later tasks.
inputs_of_task <- function(run) {
  lapply(run$inputs, function(input) {
    if (input$digest %in% run$carried && is.null(input$bytes)) {
      input$bytes <- check_native(r_shared_input(run$job, input$place))
    }
    input
  })
}

check_size_of_task <- function(run) {
  limit <- getOption("future.globals.maxSize", 500 * 1024^2)
  digests <- vapply(run$inputs, `[[`, "", "digest")
  sizes <- vapply(run$inputs, `[[`, 0, "size")
  size <- sum(sizes[digests %in% run$carried])
  if (size <= limit) {
    return()
  }
  abort_rkeops(
    "worker", sprintf(
      "Workers do not see the folder of the inputs, which are %s together: more than may be sent with a task, %s.", # nolint
      format_bytes(size), format_bytes(limit)
    ), hints = c(
      "`use_workers(folder =)` names a folder that all workers see.",
      "The option `future.globals.maxSize` sets what may be sent, in bytes."
    ), call = NULL
  )
}

# ---- collecting ----

# Whether anything came.
collect_parts <- function(run) {
  came <- FALSE
  for (list_name in c("sent", "late")) {
    for (one in run[[list_name]]) {
      if (!is_resolved(one$future)) next
      came <- TRUE
      run[[list_name]] <- without(run[[list_name]], one)
      collect_part(run, one, is_late = list_name == "late")
    }
  }
  came
}

without <- function(all, one) {
  all[!vapply(all, function(other) identical(other$future, one$future), NA)]
}

collect_part <- function(run, one, is_late) {
  value <- tryCatch(future::value(one$future), error = identity)
  if (run$done[[one$part]]) {
    return()
  }
  if (inherits(value, "error") && !is_late) {
    # a worker that is no more: the task did not fail, it never ended
    run$has_lost_worker <- TRUE
    say_worker_is_lost(run)
    value <- list(error = value)
  }
  if (is.raw(value$bytes)) {
    take_part(run, one$part, value$bytes, value$seconds)
  } else if (is_late) {
    return()
  } else if (!is.null(value$missing)) {
    run$carried <- union(run$carried, value$missing)
    run$waiting <- c(one$part, run$waiting)
  } else {
    lose_part(run, one$part, value$error)
  }
}

take_part <- function(run, part, bytes, seconds) {
  if (!check_native(r_deliver_part(run$job, part, bytes))) {
    return(lose_part(run, part, "The worker returned something else."))
  }
  run$done[[part]] <- TRUE
  run$waiting <- setdiff(run$waiting, part)
  run$seconds <- c(run$seconds, seconds)
  keep_part(run, part, bytes)
  run$progress(mean(run$done))
}

most_tries <- 3L

lose_part <- function(run, part, reason) {
  run$tries[[part]] <- run$tries[[part]] + 1L
  if (run$tries[[part]] >= most_tries) {
    abort_worker(sprintf(
      "Part %d of %d was lost %d times.", part, length(run$done), most_tries
    ), reason %||% "The worker did not say why.")
  }
  run$waiting <- c(part, run$waiting)
}

# A part that takes much longer than others is asked of another worker, too.
give_up_late <- function(run) {
  now <- elapsed()
  limit <- time_limit(run$seconds)
  for (one in run$sent) {
    if (now - one$began <= limit) next
    run$sent <- without(run$sent, one)
    run$late <- c(run$late, list(one))
    lose_part(run, one$part, sprintf("It took more than %.3g seconds.", limit))
  }
}

time_limit <- function(seconds) {
  if (is.finite(settings$worker_timeout) || !length(seconds)) {
    return(settings$worker_timeout)
  }
  60 + 20 * stats::median(seconds)
}

say_worker_is_lost <- function(run) {
  if (!isTRUE(run$has_said)) {
    rlang::warn(
      "A worker was lost; its part of the computation is computed again.",
      class = c("rkeops_warning_worker", "rkeops_warning"), call = NULL
    )
  }
  run$has_said <- TRUE
}

# ---- progress ----

# A function of the part that is done.
progress_of <- function(count, frame) {
  report <- if (rlang::is_installed("progressr")) {
    progressr::progressor(steps = count, envir = frame)
  } else {
    function() NULL
  }
  began <- elapsed()
  function(part) {
    report()
    waited <- elapsed() - began > 2
    if (waited && shows_progress()) show_progress(part)
  }
}
