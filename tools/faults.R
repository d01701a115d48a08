# Makes the n-th call of a function of the system fail, for every n that a call
# of an operator comes to (of allocations, a number of them spread over all):
#
#   Rscript tools/faults.R [ALLOCATIONS]
#
# The first compiled call, a call with a library in the cache, and an interpreted
# one. A fault ends in the right result or in an error of ours; after it the same
# call gives the right result, with the same cache.

arguments <- commandArgs(trailingOnly = TRUE)
allocations <- if (length(arguments)) as.integer(arguments[[1L]]) else 40L
directory <- tempfile("faults")
dir.create(directory)
shim <- file.path(directory, "shim.so")
status <- system2(
  sub(" .*", "", system2(
    file.path(R.home("bin"), "R"), c("CMD", "config", "CXX"), stdout = TRUE
  )),
  c("-O1", "-shared", "-fPIC", "tools/faults/shim.cpp", "-ldl", "-o", shim)
)
stopifnot(status == 0L)

attack <- function(shim, allocations) {
  suppressMessages(library(rkeops))
  dyn.load(shim)
  set_rkeops_options(threads = 2, axis = "output", digits = "plain")
  kinds <- c(
    allocation = 12L, write = 28L, rename = 5L, fsync = 5L, open = 13L,
    process = 11L, dlopen = 2L
  )
  x <- matrix((1:60 * 7) %% 11 / 3, 20)
  number <- 0L
  case <- function(formula_number) {
    keops_kernel(
      sprintf("Sum_Reduction(Exp(-SqDist(x, y)) * IntCst(%d), 0)",
              formula_number),
      c("x = Vi(3)", "y = Vj(3)"), precision = "float64"
    )
  }
  expected <- unname(rowSums(exp(-as.matrix(stats::dist(x))^2)))
  is_right <- function(value, formula_number) {
    is.numeric(value) &&
      isTRUE(all.equal(c(value), formula_number * expected, tolerance = 1e-9))
  }
  # how many calls of this kind there were, and what came of the n-th failing
  faulty <- function(kind, n, formula_number) {
    op <- case(formula_number)
    .C("arm_fault", match(kind, names(kinds)) - 1L, n, kinds[[kind]])
    value <- tryCatch(op(x, x), error = identity)
    count <- .C("disarm_fault", 0L)[[1L]]
    first <- if (is_right(value, formula_number)) {
      "right"
    } else if (inherits(value, "rkeops_error") &&
      !inherits(value, "rkeops_error_internal")) {
      "error"
    } else if (inherits(value, "error")) {
      paste("FALL:", conditionMessage(value))
    } else {
      "FALL: a wrong value"
    }
    rm(op)
    after <- tryCatch(case(formula_number)(x, x), error = identity)
    if (!is_right(after, formula_number)) {
      first <- paste("FALL: the next call:", if (inherits(after, "error")) {
        conditionMessage(after)
      } else {
        "a wrong value"
      })
    }
    list(count = count, outcome = first)
  }
  run <- function(way, kind) {
    compile <- if (way == "interpreted") "never" else "always"
    set_rkeops_option("compile", compile)
    cached <- 0L
    if (way == "cached") {
      number <<- cached <- number + 1L
      case(cached)(x, x)
      gc()
    }
    tried <- right <- errors <- 0L
    falls <- character()
    try_one <- function(n) {
      if (way == "cached") gc() else number <<- number + 1L
      one <- faulty(kind, n, if (way == "cached") cached else number)
      tried <<- tried + 1L
      right <<- right + (one$outcome == "right")
      errors <<- errors + (one$outcome == "error")
      if (startsWith(one$outcome, "FALL")) {
        falls <<- c(falls, sprintf("  n = %d: %s", n, one$outcome))
      }
      one$count
    }
    total <- try_one(2147483647L)
    steps <- if (kind == "allocation") {
      unique(round(exp(seq(0, log(max(total, 1)), length.out = allocations))))
    } else {
      seq_len(min(total, 60L))
    }
    for (n in steps) try_one(as.integer(n))
    data.frame(
      way = way, kind = kind, calls = total, tried = tried, right = right,
      errors = errors, falls = length(falls),
      text = paste(falls, collapse = "\n")
    )
  }
  ways <- c("interpreted", "cached", "compiled")
  kind_of <- names(kinds)
  set_rkeops_cache_dir(tempfile("cache"), verbose = FALSE)
  suppressWarnings(do.call(rbind, unlist(lapply(ways, function(way) {
    lapply(kind_of, function(kind) {
      if (way == "compiled" && kind == "allocation") allocations <<- 10L
      run(way, kind)
    })
  }), recursive = FALSE)))
}
environment(attack) <- globalenv()

table <- callr::r(
  attack, list(shim, allocations),
  env = c(callr::rcmd_safe_env(), LD_PRELOAD = shim)
)
print(table[setdiff(names(table), "text")], row.names = FALSE)
cat(table$text[nzchar(table$text)], sep = "\n")
cat(sprintf(
  "%d faults tried: %d right results, %d errors of ours, %d falls\n",
  sum(table$tried), sum(table$right), sum(table$errors), sum(table$falls)
))
quit(status = as.integer(sum(table$falls) > 0L))
