# Announcements nobody asked for. When a formula is compiled: each time
# where the user asked for it (option `verbose`), else one line in an
# interactive session, the first time, so that nobody wonders what the machine
# is doing. Once a session: what a script for an earlier generation may mean
# otherwise.

session <- new.env(parent = emptyenv())
session$has_compiled <- FALSE
session$compile_warnings <- character()
session$chose_axis <- FALSE
session$said <- character()
session$tried_cache_dirs <- character()

is_announced <- function() {
  settings$verbose || (!session$has_compiled && rlang::is_interactive())
}

say_compilation <- function(text) {
  once <- if (!settings$verbose) {
    " (said once a session; {.run rkeops::rkeops_enable_verbosity()} says more)"
  }
  session$has_compiled <- TRUE
  cli::cli_inform(paste0(text, once), .envir = parent.frame())
}

# Asked at every call, so what is quick to know comes first: an operator is
# looked at once for each engine.
announce_compilation <- function(state) {
  compiles <- settings$engine == "cuda" || settings$compile == "always"
  if (!compiles || identical(state$looked_at_for, settings$engine)) {
    return()
  }
  state$looked_at_for <- settings$engine
  if (is_announced() &&
      !describe_operator(state)$compiled[[settings$engine]]) {
    formula <- state$formula
    precision <- state$precision
    place <- engine_place()
    say_compilation("Compiling {.code {formula}} for the {place} ({precision})")
  }
}

# A formula that was first interpreted is compiled in the midst of a call; GPUs
# interpret nothing. Asked at every call, too.
report_compilation <- function(formula) {
  failure <- r_new_compile_failure()
  if (!is.null(failure)) {
    warn_of_compile_failure(failure)
  }
  if (settings$engine != "cpu" || session$has_compiled && !settings$verbose) {
    return()
  }
  seconds <- r_last_timings()[["compile"]]
  if (seconds >= 0.05 && is_announced()) {
    seconds <- round(seconds, 1L)
    say_compilation("Compiled {.code {formula}} in {seconds} seconds")
  }
}

# Once a session for each kind of failure: what failed, what that means, what to
# do.
warn_of_compile_failure <- function(failure) {
  if (failure$message %in% session$compile_warnings) {
    return()
  }
  session$compile_warnings <- c(session$compile_warnings, failure$message)
  rlang::warn(
    c(
      paste0(
        "Formulas stay interpreted, which is slower for large inputs: ",
        sub("\\.$", "", failure$message), "."
      ),
      verbatim(failure$details), hint_bullets(failure$hints),
      i = "Compiling is tried again when an option of rkeops has changed."
    ),
    class = c("rkeops_warning_compile", "rkeops_warning"),
    call = NULL
  )
}

# ---- once a session ----

# A message of class `rkeops_message_<topic>`.
say_once <- function(topic, message, hints) {
  if (topic %in% session$said) {
    return(invisible())
  }
  session$said <- c(session$said, topic)
  rlang::inform(
    c(message, hint_bullets(hints)),
    class = c(paste0("rkeops_message_", topic), "rkeops_message")
  )
}

say_no_reset <- function() {
  say_once("options", paste(
    "`set_rkeops_options()` without options changes nothing; in rkeops 2.x it",
    "resets them."
  ), "`rkeops_reset_options()` resets all options. (Said once a session.)")
}

# With as many i as j the shape of a result does not tell a script for rkeops
# 2.x that the last number of its formula is taken the other way round. Asked at
# every call, so what is quick to know comes first.
announce_axis <- function(state) {
  if (state$axis_is_chosen || "axis" %in% session$said) {
    return()
  }
  sizes <- r_last_sizes()
  if (sizes[[1L]] != sizes[[2L]] || sizes[[1L]] < 2) {
    return()
  }
  arguments <- describe_operator(state)$arguments
  state$axis_is_chosen <- !all(c("Vi", "Vj") %in% arguments$category)
  if (!state$axis_is_chosen) say_axis(state)
}

say_axis <- function(state) {
  say_once("axis", c(
    sprintf("The last number of `%s` is read as in rkeops 1.x:", state$formula),
    " " = "0 gives a result with a row for each i, 1 one for each j.",
    " " = "rkeops 2.x reads it the other way round, to the same shape here."
  ), c(
    "`keops_kernel(..., axis = \"output\")` says that this is meant.",
    "`axis = \"reduced\"` is the meaning of rkeops 2.x.",
    "`set_rkeops_option(\"axis\", \"output\")` chooses for all. (Said once.)"
  ))
}
