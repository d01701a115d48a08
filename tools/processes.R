# Attacks on sessions and on the folder that they share, with the installed
# package:
#
#   Rscript tools/processes.R WHAT [COUNT]
#
# WHAT is one of these; after each attack the right numbers are asked for, and
# what is wrong is counted as a fall.
#
#   cold        COUNT (32) sessions begin with one formula at the same time
#   kill        COUNT (200) sessions die at random moments of a first call
#   removed     COUNT (20) times the folder goes, also while compiling
#   versions    two versions of the package share a folder
#   fork        COUNT (50) children of mclapply() call operators of parents
#   callr       COUNT (20) operators and lazy tensors go to sessions of callr
#   future      COUNT (20) futures do, and workers share calls
#   interrupts  COUNT (1000) interrupts at random moments, while formulas are
#               read, planned, compiled and computed
#   calls       COUNT (1e5) calls: memory, descriptors and maps stay as they are
#   formulas    COUNT (10000) formulas that are interpreted: the same
#   compiled    COUNT (100) formulas that are compiled: the same
#
# The last line says how many were tried, and how many fell.

suppressMessages(library(rkeops))
arguments <- commandArgs(trailingOnly = TRUE)
for (file in Sys.glob("tools/processes/*.R")) source(file)

attacks <- list(
  cold = list(attack_cold, 32), kill = list(attack_kill, 200),
  removed = list(attack_removed, 20), versions = list(attack_versions, 2),
  fork = list(attack_fork, 50), callr = list(attack_callr, 20),
  future = list(attack_future, 20),
  interrupts = list(attack_interrupts, 1000), calls = list(attack_calls, 1e5),
  formulas = list(attack_formulas, 10000),
  compiled = list(attack_compiled, 100)
)
if (!length(arguments) || !arguments[[1L]] %in% names(attacks)) {
  stop("WHAT is one of ", paste(names(attacks), collapse = ", "), call. = FALSE)
}
attack <- attacks[[arguments[[1L]]]]
count <- as.numeric(c(arguments, attack[[2L]])[[2L]])
seed <- as.integer(Sys.getenv("RKEOPS_SEED", "1"))
set.seed(seed)
set_rkeops_options(threads = 2, axis = "output", compile = "never")

began <- proc.time()[["elapsed"]]
outcomes <- attack[[1L]](count)
falls <- outcomes[outcomes != "right"]
if (length(falls)) print(table(falls))
cat(sprintf(
  "%s, seed %d: %d tried, %d fell, %.0f seconds\n", arguments[[1L]], seed,
  length(outcomes), length(falls), proc.time()[["elapsed"]] - began
))
quit(status = as.integer(length(falls) > 0L))
