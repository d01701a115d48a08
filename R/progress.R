# The progress bar of long calls in interactive sessions, from 2 seconds on. The
# native code calls these functions; they must not fail, but an interrupt may
# leave them.

progress <- new.env(parent = emptyenv())

show_progress <- function(part) {
  tryCatch(
    {
      if (is.null(progress$bar)) {
        start_progress()
      }
      percent <- floor(100 * part)
      cli::cli_progress_update(
        set = percent, id = progress$bar, force = TRUE, .envir = progress$frame
      )
    },
    error = function(e) NULL
  )
  TRUE
}

# It has waited long enough to be shown at once.
start_progress <- function() {
  previous <- options(cli.progress_show_after = 0)
  on.exit(options(previous))
  progress$frame <- new.env()
  progress$bar <- cli::cli_progress_bar(
    "Computing", total = 100, clear = TRUE, .auto_close = FALSE,
    .envir = progress$frame
  )
}

end_progress <- function(part) {
  tryCatch(
    cli::cli_progress_done(id = progress$bar, .envir = progress$frame),
    error = function(e) NULL
  )
  progress$bar <- NULL
  TRUE
}
