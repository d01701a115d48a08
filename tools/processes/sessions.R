# Sessions that share a folder of compiled formulas.

points_of_attack <- matrix((1:60 * 7) %% 11 / 3, 20)

# A session of its own calls formula `number`: "right", or what it gave instead.
call_formula <- function(number, cache, begin = NULL, compile = "always") {
  suppressMessages(library(rkeops))
  set_rkeops_options(threads = 1, axis = "output", compile = compile)
  set_rkeops_cache_dir(cache)
  x <- matrix((1:60 * 7) %% 11 / 3, 20)
  expected <- number * unname(rowSums(exp(-as.matrix(stats::dist(x))^2)))
  # all at the same time
  while (!is.null(begin) && Sys.time() < begin) Sys.sleep(0.001)
  tryCatch(
    {
      op <- keops_kernel(
        sprintf("Sum_Reduction(Exp(-SqDist(x, y)) * IntCst(%d), 0)", number),
        c("x = Vi(3)", "y = Vj(3)"), precision = "float64"
      )
      value <- op(x, x)
      if (max(abs(c(value) / expected - 1)) < 1e-9) "right" else "wrong value"
    },
    error = function(e) paste(class(e)[[1L]], conditionMessage(e))
  )
}

in_session <- function(...) {
  callr::r(call_formula, list(...), libpath = .libPaths())
}

start_session <- function(...) {
  callr::r_bg(call_formula, list(...), libpath = .libPaths())
}

outcome_of <- function(session) {
  session$wait()
  tryCatch(session$get_result(), error = function(e) conditionMessage(e))
}

libraries_in <- function(cache) length(list.files(cache, "[.]so$"))

# One compiles while the others wait: there is one library afterwards.
attack_cold <- function(count) {
  cache <- tempfile("cache")
  begin <- Sys.time() + 2 + count / 4
  sessions <- lapply(seq_len(count), function(k) {
    start_session(3L, cache, begin)
  })
  outcomes <- vapply(sessions, outcome_of, "")
  if (libraries_in(cache) != 1L) {
    outcomes <- c(outcomes, sprintf("%d libraries", libraries_in(cache)))
  }
  left <- list.files(cache, "(tmp|lock)$")
  if (length(left)) c(outcomes, paste("left behind:", left)) else outcomes
}

# How long a first call takes tells when to kill. Each death is followed by a
# session that wants the same formula.
attack_kill <- function(count) {
  cache <- tempfile("cache")
  in_session(1L, cache)
  begun <- proc.time()[["elapsed"]]
  in_session(2L, cache)
  whole <- proc.time()[["elapsed"]] - begun
  deaths <- 0L
  outcomes <- vapply(seq_len(count), function(k) {
    # five deaths for each formula
    number <- 2L + as.integer(ceiling(k / 5))
    session <- start_session(number, cache)
    Sys.sleep(stats::runif(1, 0, 1.1 * whole))
    deaths <<- deaths + session$is_alive()
    session$kill_tree()
    session$wait()
    if (k %% 5 == 0 || k == count) in_session(number, cache) else "right"
  }, "")
  cat(sprintf("%d of %d were alive when they were killed\n", deaths, count))
  left <- list.files(cache, "(tmp|lock)$")
  if (length(left)) c(outcomes, paste("left behind:", left)) else outcomes
}

# The folder goes before a call, between two, or while a formula is compiled.
attack_removed <- function(count) {
  vapply(seq_len(count), function(k) {
    cache <- tempfile("cache")
    in_session(3L, cache)
    session <- start_session(
      100L + k, cache, compile = if (k %% 2) "always" else "auto"
    )
    Sys.sleep(stats::runif(1, 0, 2))
    unlink(cache, recursive = TRUE)
    outcome <- outcome_of(session)
    # in the mode "always" it may say that it is gone
    is_said <- startsWith(outcome, "rkeops_error_cache") && k %% 2
    if (outcome != "right" && !is_said) outcome else in_session(3L, cache)
  }, "")
}

# A copy of the installed package that says another version.
other_version <- function() {
  library <- tempfile("library")
  dir.create(library)
  file.copy(find.package("rkeops"), library, recursive = TRUE)
  meta <- file.path(library, "rkeops", "Meta", "package.rds")
  description <- readRDS(meta)
  description$DESCRIPTION[["Version"]] <- "2.99.0"
  saveRDS(description, meta)
  space <- file.path(library, "rkeops", "Meta", "nsInfo.rds")
  stopifnot(file.exists(space))
  library
}

attack_versions <- function(count) {
  cache <- tempfile("cache")
  older <- c(other_version(), .libPaths())
  outcomes <- character()
  for (k in seq_len(count)) {
    for (libraries in list(.libPaths(), older, .libPaths())) {
      outcomes <- c(outcomes, callr::r(
        call_formula, list(k, cache), libpath = libraries
      ))
    }
  }
  version <- callr::r(function() {
    loadNamespace("rkeops")
    getNamespaceInfo("rkeops", "spec")[["version"]]
  }, libpath = older)
  if (version != "2.99.0") outcomes <- c(outcomes, "not another version")
  # each version has a library of its own
  if (libraries_in(cache) != 2 * count) {
    outcomes <- c(outcomes, sprintf("%d libraries", libraries_in(cache)))
  }
  outcomes
}
