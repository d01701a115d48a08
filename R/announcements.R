# What is said when a formula is compiled: each time where the user asked for it
# (option `verbose`), else one line in an interactive session, the first time,
# so that nobody wonders what the machine is doing.

session <- new.env(parent = emptyenv())
session$has_compiled <- FALSE
session$compile_warnings <- character()

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

# What was first interpreted is compiled in the midst of a call; GPUs interpret
# nothing. Asked at every call, too.
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
