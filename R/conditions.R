# Every error a user can meet is raised here, whether R or the native code
# found it. The class says who has to act: see ?rkeops.

# `details` are shown word for word (a formula with a caret below it), each
# hint as a sentence of its own. Nothing is interpolated: formulas have braces.
abort_rkeops <- function(kind, message, details = character(),
                         hints = character(), call = rlang::caller_env()) {
  if (kind == "interrupted") {
    rlang::interrupt()
  }
  message <- shortened(message)
  hints <- shortened(hints)
  rlang::abort(
    c(message, verbatim(details), hint_bullets(hints)),
    class = c(paste0("rkeops_error_", kind), "rkeops_error"),
    details = details, hints = hints, call = call
  )
}

# Messages quote names, values and paths: their first 200 characters tell which
# they are.
shortened <- function(sentences) {
  if (!length(sentences)) {
    return(sentences)
  }
  long <- nchar(sentences, "bytes") > 200L & validUTF8(sentences)
  for (quotes in c("`", "\"")) {
    sentences[long] <- gsub(
      sprintf("%1$s([^%1$s]{100})[^%1$s]{101,}%1$s", quotes),
      sprintf("%1$s\\1...%1$s", quotes), sentences[long], perl = TRUE
    )
  }
  sentences
}

# Digits that are lost are said, never silently: see ?data_classes.
warn_precision <- function(message, hints = character(),
                           call = rlang::caller_env()) {
  rlang::warn(
    c(message, hint_bullets(hints)),
    class = c("rkeops_warning_precision", "rkeops_warning"),
    hints = hints, call = call
  )
}

verbatim <- function(details) {
  lines <- as.character(unlist(strsplit(details, "\n", fixed = TRUE)))
  rlang::set_names(lines, rep(" ", length(lines)))
}

hint_bullets <- function(hints) {
  rlang::set_names(as.character(hints), rep("i", length(hints)))
}

# The value of a native function, or the R error for the failure it reports;
# what it announces becomes a warning.
check_native <- function(value, call = rlang::caller_env()) {
  if (inherits(value, "rkeops_announced")) {
    warn_digits(value$announcement)
    return(value$value)
  }
  if (inherits(value, "rkeops_failure")) {
    abort_rkeops(value$kind, value$message, value$details, value$hints, call)
  }
  value
}

# Single precision did not do, and what to do about it.
warn_digits <- function(message) {
  warn_precision(message, c(
    paste(
      "`precision = \"float64\"` computes it so from the start; data in",
      "other units, or less an origin of their own, may keep their digits."
    ),
    "The option `digits = \"plain\"` takes single precision as it is.",
    "See `vignette(\"numbers\", package = \"rkeops\")`."
  ), call = NULL)
}

# The value; an error that is not ours is one about this argument.
about_argument <- function(name, call, value) {
  tryCatch(value, error = function(e) {
    if (inherits(e, "rkeops_error")) rlang::cnd_signal(e)
    abort_rkeops(
      "argument", sprintf("`%s`: %s", name, conditionMessage(e)), call = call
    )
  })
}

# The value of a function of R of what is stored; it names what is wrong.
about_function <- function(name, call, value) {
  about_argument(paste0(name, "()"), call, value)
}
