# Workers beside the same cores in one process: a Gaussian sum, 10 nearest neighbours,
# k-means and a gradient. Workers that are killed are the task of tools/kill-workers.R.
#   Rscript benchmarks/workers.R [N, 1e5] [work of a part, 4e9] [pairs of runs, 3]
#
# One process has as many threads as there are workers, each of which has one. Efficiency
# is the time of that process over the time of the workers and of this process: of the
# clock, and of the processor, which a machine that others use disturbs less. That of the
# clock counts workers that wait, too.

library(rkeops)

arguments <- as.numeric(commandArgs(TRUE))
chosen <- function(k, default) if (is.na(arguments[k])) default else arguments[k]
count <- chosen(1, 1e5)
pairs <- chosen(3, 3)
processes <- 2

set.seed(1)
x <- matrix(rnorm(3 * count), ncol = 3)
# all pairs, as one that leaves none out
set_rkeops_options(compile = "always", pruning = "never", threads = processes)

calls <- list(
  "Gaussian sum" = function() sum(exp(-sqdist(Vi(x), Vj(x))), index = "j"),
  "10 neighbours" = function() argKmin(sqdist(Vi(x), Vj(x)), 10, "j"),
  "k-means" = function() {
    start <- x[seq_len(floor(sqrt(count))), ]
    suppressWarnings(k_means(x, start, iter.max = 5))$cluster
  },
  "gradient" = function() grad(exp(-sqdist(Vi(x), Vj(x))), 1, "Sum", 0, "j")
)

nodes <- parallelly::makeClusterPSOCK(processes)
future::plan(future::cluster, workers = nodes)
for (k in seq_len(processes)) {
  parallel::clusterCall(nodes[k], function() is.environment(asNamespace("rkeops")))
}
use_one_thread <- function() use_workers(threads = 1, task = chosen(2, 4e9))

# Seconds of the clock, and of the processor, here and of the workers.
seconds <- function(f) {
  of_workers <- function() {
    sum(vapply(parallel::clusterCall(nodes, proc.time), function(one) {
      sum(one[c("user.self", "sys.self")])
    }, 0))
  }
  before <- of_workers()
  here <- system.time(f())
  c(clock = here[["elapsed"]],
    processor = sum(here[c("user.self", "sys.self")]) + of_workers() - before)
}

cat(sprintf("%d x %d points, %d workers of one thread; medians of %d pairs of runs\n\n",
            count, count, processes, pairs))
cat(sprintf("%-15s %10s %10s %10s %12s %6s %6s\n", "", "alone, s", "workers, s",
            "clock", "processor", "parts", "same"))
for (name in names(calls)) {
  runs <- lapply(0:pairs, function(run) {
    use_workers(FALSE)
    alone <- NULL
    time <- seconds(function() alone <<- calls[[name]]())
    use_one_thread()
    shared <- NULL
    list(alone = time, shared = seconds(function() shared <<- calls[[name]]()),
         same = identical(alone, shared))
  })[-1L] # the first one compiles, and publishes
  of <- function(who, what) vapply(runs, function(run) run[[who]][[what]], 0)
  efficiency <- function(what) stats::median(of("alone", what) / of("shared", what))
  cat(sprintf("%-15s %10.2f %10.2f %10.2f %12.2f %6d %6s\n", name,
              stats::median(of("alone", "clock")), stats::median(of("shared", "clock")),
              efficiency("clock"), efficiency("processor"), rkeops:::workers$last$parts,
              all(vapply(runs, `[[`, NA, "same"))))
}
use_workers(FALSE)
future::plan(future::sequential)
parallel::stopCluster(nodes)
