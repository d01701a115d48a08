# How inputs reach workers: each under the digest of its values, as a file where
# workers see the folder, else with the first task; and how parts that are
# finished are kept in a folder.

# Smaller inputs go with each task.
bytes_with_task <- 8192

inputs_folder <- function() {
  if (nzchar(settings$worker_folder)) {
    return(settings$worker_folder)
  }
  folder <- file.path(tempdir(), "rkeops-workers")
  if (!dir.exists(folder)) dir.create(folder, mode = "0700")
  folder
}

# One element an input, with its bytes or its path; `place` is where it stands
# in the job.
publish_inputs <- function(job, description) {
  sizes <- 8 * description$input_rows * description$components
  lapply(seq_along(sizes), function(place) {
    input <- list(
      digest = description$digests[[place]], size = sizes[[place]],
      place = place
    )
    if (input$size <= bytes_with_task) {
      input$bytes <- check_native(r_shared_input(job, place))
    } else {
      input$path <- published_path(job, input)
    }
    input
  })
}

# A file appears under its name when it is complete.
published_path <- function(job, input) {
  path <- file.path(inputs_folder(), input$digest)
  workers$last_use[[path]] <- workers$runs <- (workers$runs %||% 0) + 1
  if (isTRUE(file.size(path) == input$size)) {
    return(path)
  }
  temporary <- tempfile("input-", inputs_folder())
  on.exit(unlink(temporary))
  written <- check_native(r_write_shared_input(job, input$place, temporary))
  if (written && file.rename(temporary, path)) {
    path
  }
}

# Files of inputs that the last calls did not use.
uses_to_keep <- 100

forget_inputs <- function() {
  old <- names(workers$last_use)[
    unlist(workers$last_use) < (workers$runs %||% 0) - uses_to_keep
  ]
  unlink(old)
  workers$last_use[old] <- NULL
}

forget_all_inputs <- function(...) {
  unlink(c(names(workers$last_use), workers$stop_files))
  workers$last_use <- NULL
}

# ---- checkpoints ----

# The name says what a part was computed of.
checkpoint_path <- function(run, part) {
  made_of <- c(
    run$description[c("program", "rows", "columns", "counts", "digests")],
    list(run$description$parts[, part], package_version_string())
  )
  file.path(settings$checkpoint, paste0(rlang::hash(made_of), ".part"))
}

# A disk that is full costs the checkpoint, not the call.
keep_part <- function(run, part, bytes) {
  if (!nzchar(settings$checkpoint) || isTRUE(run$has_no_disk)) {
    return()
  }
  temporary <- tempfile("part-", settings$checkpoint)
  on.exit(unlink(temporary))
  kept <- tryCatch(
    {
      saveRDS(list(bytes = bytes, hash = rlang::hash(bytes)), temporary)
      file.rename(temporary, checkpoint_path(run, part))
    },
    error = function(e) FALSE, warning = function(w) FALSE
  )
  if (!kept) {
    run$has_no_disk <- TRUE
    rlang::warn(
      sprintf("Parts cannot be kept in `%s`.", settings$checkpoint),
      class = c("rkeops_warning_worker", "rkeops_warning"), call = NULL
    )
  }
}

# Parts that cannot be read, or are not as written, are computed again.
restore_parts <- function(run) {
  if (!nzchar(settings$checkpoint)) {
    return()
  }
  for (part in run$waiting) {
    path <- checkpoint_path(run, part)
    if (!file.exists(path)) next
    kept <- tryCatch(readRDS(path), error = function(e) NULL)
    is_whole <- is.raw(kept$bytes) &&
      identical(rlang::hash(kept$bytes), kept$hash) &&
      check_native(r_deliver_part(run$job, part, kept$bytes))
    if (is_whole) run$done[[part]] <- TRUE
  }
  run$waiting <- which(!run$done)
  run$restored <- sum(run$done)
}
