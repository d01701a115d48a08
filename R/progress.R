# Progress bars of interactive sessions, from 2 seconds on: of one long call,
# and of loops of calls in R.

shows_progress <- function() settings$progress && rlang::is_interactive()

# ---- loops ----

# A bar for a loop in the function whose frame is `frame`, with whose end it
# ends. The function that is returned is told how much of `total` is done;
# without a total it shows the number of rounds alone. cli waits for 2 seconds
# (`cli.progress_show_after`).
loop_progress <- function(what, total = NA, frame = rlang::caller_env()) {
  if (!shows_progress()) {
    return(function(done) invisible())
  }
  id <- cli::cli_progress_bar(what, total = total, clear = TRUE, .envir = frame)
  function(done) {
    cli::cli_progress_update(set = done, id = id, .envir = frame)
  }
}

# The share of the way from the residual `first` to `goal`, in logarithms.
percent_of_way <- function(now, first, goal) {
  way <- log(first / goal)
  part <- if (is.finite(way) && way > 0) log(first / now) / way else 0
  floor(100 * min(max(part, 0, na.rm = TRUE), 1))
}

# ---- calls ----

# The native code calls these functions; they must not fail, but an interrupt
# may leave them.

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
