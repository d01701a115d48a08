# Puts some 160 kinds of R object into every argument of every exported function
# and method (tools/zoo/), with the installed package:
#
#   Rscript tools/zoo.R [KINDS [SEED [PATTERN]]]
#
# KINDS kinds an argument, chosen at random by SEED (default: all, some 150,000
# calls, and 1), into the functions whose names match PATTERN. A value and an
# error of ours are right; a bare error of R, a bare warning and a crash are
# falls, which are listed. Calls run in processes of their own, so a crash ends
# nothing else.

suppressMessages(library(rkeops))
arguments <- commandArgs(trailingOnly = TRUE)
kinds <- if (length(arguments) > 0L) as.integer(arguments[[1L]]) else Inf
seed <- if (length(arguments) > 1L) as.integer(arguments[[2L]]) else 1L
pattern <- if (length(arguments) > 2L) arguments[[3L]] else ""
helpers <- normalizePath(Sys.glob("tools/zoo/*.R"))
source("tools/zoo/attack.R")

names_of_subjects <- callr::r(function(helpers) {
  suppressMessages(library(rkeops))
  zoo <- new.env(parent = asNamespace("rkeops"))
  for (helper in helpers) sys.source(helper, zoo)
  set_rkeops_options(compile = "never", axis = "output")
  vapply(zoo$zoo_subjects(), `[[`, "", "name")
}, list(helpers))
wanted <- grep(pattern, names_of_subjects, value = TRUE)
batches <- split(wanted, (seq_along(wanted) - 1L) %/% 12L)

report <- function(falls) {
  cat(sprintf(
    "%s(%s = <%s>): %s\n", falls$subject, falls$argument, falls$kind, falls$fall
  ), sep = "")
}

tried <- fell <- 0L
for (batch in batches) {
  results <- tryCatch(
    callr::r(zoo_batch, list(helpers, batch, kinds, seed)),
    error = function(condition) {
      list(list(tried = 0L, falls = data.frame(
        subject = paste(batch, collapse = ", "), argument = "", kind = "",
        fall = paste("the process ended:", conditionMessage(condition))
      )))
    }
  )
  tried <- tried + sum(vapply(results, `[[`, 1L, "tried"))
  falls <- do.call(rbind, lapply(results, `[[`, "falls"))
  fell <- fell + NROW(falls)
  if (NROW(falls)) report(falls)
}
cat(sprintf("seed %d: %d tried, %d fell\n", seed, tried, fell))
quit(status = as.integer(fell > 0L))
