# Readers of options: each checks a value and returns it as it is stored, or
# raises an error that names the option.

# The reader of an option that is one of these strings.
one_of <- function(...) {
  choices <- c(...)
  function(value, name, call) check_choice(value, choices, name, call)
}

# The default of such an option: its environment variable, where that is one of
# the strings, otherwise the first of them.
variable_or <- function(variable, ...) {
  choices <- c(...)
  structure(
    function() {
      chosen <- Sys.getenv(variable)
      if (chosen %in% choices) chosen else choices[[1L]]
    },
    variable = variable, otherwise = choices[[1L]]
  )
}

# Another name of an option, perhaps with values of its own: `values` says in
# the manual which.
other_name <- function(values = NULL, read = NULL, show = NULL) {
  Filter(Negate(is.null), list(values = values, read = read, show = show))
}

read_precision <- function(value, name, call) {
  # asked whenever a lazy tensor is made
  if (identical(value, "float32") || identical(value, "float64")) {
    return(value)
  }
  choices <- c("float32", "float64", "float", "double")
  check_choice(value, choices, name, call)
  switch(value, float = "float32", double = "float64", value)
}

read_axis <- one_of("output", "reduced")

read_index_base <- function(value, name, call) {
  if (!checkmate::test_choice(value, c(0, 1))) {
    abort_argument(name, "0 or 1", value, call)
  }
  as.integer(value)
}

read_sum_scheme <- function(value, name, call) {
  choices <- c(
    "auto", "plain", "block", "compensated",
    "direct_sum", "block_sum", "kahan_scheme"
  )
  check_choice(value, choices, name, call)
  switch(value,
    direct_sum = "plain", block_sum = "block", kahan_scheme = "compensated",
    value
  )
}

read_backend <- function(value, name, call) {
  c(CPU = "cpu", GPU = "cuda")[[
    check_choice(value, c("CPU", "GPU"), name, call)
  ]]
}

read_engine_number <- function(value, name, call) {
  c("cpu", "cuda")[[read_binary(value, name, call) + 1L]]
}

# -1 is the default device, as in rkeops 2.x.
read_devices <- function(value, name, call) {
  valid <- is_whole(
    value, lower = -1, any.missing = FALSE, min.len = 1, unique = TRUE
  )
  if (!valid) {
    abort_argument(name, "device numbers, counted from 0", value, call)
  }
  pmax(as.integer(value), 0L)
}

# More than any machine has: a slip, not a wish.
most_threads <- 4096L

# NULL and 0 are all the cores that this process may use.
read_threads <- function(value, name, call) {
  if (is.null(value)) {
    return(allowed_cores())
  }
  if (!is_whole_number(value, lower = 0, upper = most_threads)) {
    wanted <- sprintf("one whole number from 0 to %d", most_threads)
    abort_argument(name, wanted, value, call)
  }
  if (value == 0) allowed_cores() else as.integer(value)
}

read_bytes <- function(value, name, call) {
  if (!checkmate::test_number(value, lower = 0)) {
    abort_argument(name, "a number of bytes", value, call)
  }
  as.numeric(value)
}

# NULL and Inf are what is free.
read_memory <- function(value, name, call) {
  if (is.null(value)) {
    return(Inf)
  }
  bytes <- if (checkmate::test_string(value)) parse_bytes(value) else value
  if (!checkmate::test_number(bytes, lower = 1)) {
    abort_argument(
      name, "a number of bytes, or a size such as \"100 MiB\"", value, call
    )
  }
  as.numeric(bytes)
}

# "100 MiB", "1.5 GB"; NULL if it is nothing of the kind.
parse_bytes <- function(text) {
  pattern <- "^ *([0-9.]+) *([KMGT]?)(i?)B? *$"
  parts <- regmatches(text, regexec(pattern, text, ignore.case = TRUE))[[1L]]
  number <- if (length(parts)) suppressWarnings(as.numeric(parts[[2L]])) else NA
  if (is.na(number)) {
    return(NULL)
  }
  power <- match(toupper(parts[[3L]]), c("", "K", "M", "G", "T")) - 1
  base <- if (nzchar(parts[[4L]])) 1024 else 1000
  number * base^power
}

read_work <- function(value, name, call) {
  if (!checkmate::test_number(value, lower = 0)) {
    abort_argument(name, "a number that is not negative", value, call)
  }
  as.numeric(value)
}

# "" is no flag.
read_flags <- function(value, name, call) {
  flags <- check_strings(value, name, call)
  flags[nzchar(flags)]
}

read_instructions <- function(value, name, call) {
  check_choice(value, c("", r_instruction_sets()), name, call)
}

read_program <- function(value, name, call) {
  if (!checkmate::test_string(value)) {
    abort_argument(name, "a path, or \"\" for what is found", value, call)
  }
  value
}

# A directory that somebody chooses is tried at once, so that nothing is wrong
# with it when a formula has been compiled. The default ones come unasked; and
# one that was good before is not refused to those who restore options.
read_cache_dir <- function(value, name, call) {
  path <- path.expand(check_string(value %||% default_cache_dir(), name, call))
  if (!path %in% c(default_cache_dir(), session$tried_cache_dirs)) {
    try_cache_dir(path, call)
  }
  path
}

read_binary <- function(value, name, call) {
  as.integer(check_flag(value, name, call))
}

# ---- workers ----

read_workers <- function(value, name, call) {
  value <- check_flag(value, name, call)
  if (value && !rlang::is_installed("future")) {
    abort_rkeops(
      "argument", "Workers are those of the package future, which is missing.",
      hints = "`install.packages(\"future\")` installs it.", call = call
    )
  }
  value
}

# 0 stays 0: each worker decides.
read_worker_threads <- function(value, name, call) {
  if (!is_whole_number(value, lower = 0, upper = most_threads)) {
    wanted <- sprintf("one whole number from 0 to %d", most_threads)
    abort_argument(name, wanted, value, call)
  }
  as.integer(value)
}

# "" is none; another one is made if need be.
read_folder <- function(value, name, call) {
  if (identical(value, "")) {
    return(value)
  }
  path <- path.expand(check_string(value, name, call))
  made <- dir.exists(path) ||
    suppressWarnings(dir.create(path, recursive = TRUE, mode = "0700"))
  if (!made || file.access(path, 2L) != 0L) {
    abort_argument(name, "a folder that can be written, or \"\"", value, call)
  }
  normalizePath(path)
}

read_seconds <- function(value, name, call) {
  if (!checkmate::test_number(value, lower = 0.001)) {
    abort_argument(name, "a positive number of seconds, or Inf", value, call)
  }
  as.numeric(value)
}

read_task <- function(value, name, call) {
  if (!checkmate::test_number(value, lower = 1, finite = TRUE)) {
    abort_argument(name, "a positive number", value, call)
  }
  as.numeric(value)
}

# 0 is none.
read_tolerance <- function(value, name, call) {
  if (checkmate::test_number(value) && value == 0) {
    return(0)
  }
  if (is.null(value)) {
    abort_argument(name, "0 or a number from 1e-12 to 1", value, call)
  }
  check_tolerance(value, name, call)
}
