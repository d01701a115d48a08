# The zoo: kinds of R object, and calls of every exported function and method
# into which they are put, one argument at a time. Calls are made from the
# exports, so a new export is in it: its arguments are known by their names, or
# it has a line in `zoo_calls()`.

# ---- one call ----

# "value", "error of ours", "warning of ours", or what the fall is.
zoo_outcome <- function(f, arguments, seconds = 20) {
  fall <- NULL
  on.exit(setTimeLimit())
  setTimeLimit(elapsed = seconds)
  for (k in seq_along(arguments)) {
    is_missing <- identical(unname(arguments[k]), zoo_missing)
    if (is.language(arguments[[k]]) && !is_missing) {
      arguments[[k]] <- call("quote", arguments[[k]])
    }
  }
  call <- as.call(c(list(f), arguments))
  outcome <- tryCatch(
    withCallingHandlers(
      {
        value <- eval(call, new.env(parent = globalenv()))
        # what is wrong with a value may show when it is looked at
        force(value)
        "value"
      },
      warning = function(condition) {
        if (!inherits(condition, "rkeops_warning")) {
          fall <<- paste("warning:", conditionMessage(condition))
        }
        tryInvokeRestart("muffleWarning")
      },
      message = function(condition) tryInvokeRestart("muffleMessage")
    ),
    rkeops_error = function(condition) {
      if (inherits(condition, "rkeops_error_internal")) {
        return(paste("internal:", conditionMessage(condition)))
      }
      "error"
    },
    error = function(condition) {
      paste0(
        "bare error: ", conditionMessage(condition), " [",
        paste(deparse(conditionCall(condition), nlines = 1L), collapse = ""),
        "]"
      )
    },
    interrupt = function(condition) "interrupted"
  )
  if (outcome == "value" && !is.null(fall)) outcome <- fall
  # messages may quote what is no text
  iconv(outcome, "", "UTF-8", sub = "byte")
}

zoo_missing <- list(formals(function(x) x)$x)

# Errors of a function that was given are those of who wrote it.
zoo_functions <- c(
  paste0("language.", c("closure", "failing", "primitive")),
  "class.class_generator"
)
zoo_takes_functions <- c(
  "...", "kernel", "kernel_y", "cost", "metric", "f", "FUN", "code"
)

# These functions are those of R where the first argument is R's own.
zoo_masked <- c(
  "%in%", "atan2", "besselK", "cmdscale", "colMeans", "colSums",
  "complete.cases", "cor", "cov", "crossprod", "diag", "dnorm", "eigen", "fft",
  "findInterval", "fivenum", "ifelse", "match", "nchar", "norm", "pmax", "pmin",
  "pnorm", "rank", "rowMeans", "rowSums", "step", "svd", "sweep", "tabulate",
  "tcrossprod", "var", "which", "which.max", "which.min"
)

# Arguments that are handed on to R's own functions, printing and drawing, which
# refuse them in their words.
zoo_handed_on <- function(subject, argument) {
  is_drawing <- grepl("^(plot|autoplot|lines|points)[.]", subject)
  is_shown <- grepl("^(print|str|format|summary)[.]", subject)
  is_of_r <- subject %in% c("match", "rank") &&
    argument %in% c("nomatch", "incomparables", "na.last")
  is_of_r || argument == "..." && (is_drawing || is_shown) || is_drawing &&
    argument %in% c(
      "type", "pch", "las", "col", "xlab", "ylab", "main", "lty", "lwd", "log"
    )
}

zoo_is_fall <- function(outcome, subject, kind, argument) {
  is_theirs <- kind %in% zoo_functions && argument %in% zoo_takes_functions ||
    # `is.LazyTensor()`, of nothing
    kind == "language.missing_argument" && startsWith(subject, "is.") ||
    zoo_handed_on(subject, argument)
  !outcome %in% c("value", "error") && !is_theirs
}

# Every argument of the subject in turn, with some of the animals each.
zoo_attack <- function(subject, animals, count = Inf, seconds = 20) {
  arguments <- names(formals(subject$f))
  # R calls methods with objects of their class
  if (subject$name %in% zoo_masked || isTRUE(subject$is_method)) {
    arguments <- arguments[-1L]
  }
  falls <- list()
  tried <- 0L
  for (argument in arguments) {
    # unnamed where it is one of many
    place <- if (argument == "...") length(subject$given) + 1L else argument
    kinds <- names(animals)
    if (argument == "...") kinds <- setdiff(kinds, "language.missing_argument")
    kinds <- kinds[sort(sample(length(kinds), min(count, length(kinds))))]
    for (kind in kinds) {
      given <- subject$given
      given[place] <- animals[kind]
      outcome <- zoo_outcome(subject$f, given, seconds)
      tried <- tried + 1L
      if (zoo_is_fall(outcome, subject$name, kind, argument)) {
        falls[[length(falls) + 1L]] <- data.frame(
          subject = subject$name, argument = argument, kind = kind,
          fall = substr(outcome, 1L, 200L)
        )
      }
    }
  }
  list(tried = tried, falls = do.call(rbind, falls))
}

# ---- a process that is attacked ----

# The calls of these subjects, or of all (NULL): for a process of its own.
zoo_batch <- function(helpers, names, kinds, seed) {
  suppressMessages(library(rkeops))
  zoo <- new.env(parent = asNamespace("rkeops"))
  for (helper in helpers) sys.source(helper, zoo)
  set_rkeops_options(compile = "never", threads = 2, axis = "output")
  setwd(tempdir())
  grDevices::pdf(NULL)
  sink(nullfile())
  animals <- zoo$zoo()
  subjects <- Filter(
    function(one) is.null(names) || one$name %in% names, zoo$zoo_subjects()
  )
  lapply(subjects, function(subject) {
    # a subject has the same kinds whichever others are attacked
    set.seed(seed + sum(utf8ToInt(subject$name)))
    result <- zoo$zoo_attack(subject, animals, kinds)
    set_rkeops_options(
      compile = "never", threads = 2, axis = "output", precision = "float32",
      digits = "auto", engine = "cpu"
    )
    result
  })
}
