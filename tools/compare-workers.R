# A Gaussian sum, 10 nearest neighbours, k-means and a gradient, each by this
# process alone and by workers: are the results the same, bit for bit?
#
#   Rscript tools/compare-workers.R PLAN [POINTS, 1e5]
#
# PLAN says who the workers are: `sessions`, two R processes of this machine;
# `hosts`, see tools/two-hosts.sh; `slurm`, see tools/local-slurm.sh. Pairs that
# do not matter are computed, too.

library(rkeops)

arguments <- commandArgs(TRUE)
count <- if (length(arguments) > 1) as.numeric(arguments[[2]]) else 1e5

make_plan <- list(
  sessions = function() future::plan(future::multisession, workers = 2),
  hosts = function() {
    hosts <- strsplit(Sys.getenv("RKEOPS_HOSTS"), " ", fixed = TRUE)[[1]]
    future::plan(future::cluster, workers = parallelly::makeClusterPSOCK(
      hosts, master = hosts[[1]], rshcmd = Sys.getenv("RKEOPS_RSH"),
      rshopts = character(), revtunnel = FALSE, rscript = "Rscript"
    ))
  },
  slurm = function() {
    # a job whose folder is gone when it ends would wait for it, for a minute
    system <- batchtools::makeClusterFunctionsSlurm(
      template = Sys.getenv("RKEOPS_TEMPLATE"), fs.latency = 0
    )
    future::plan(
      future.batchtools::batchtools_custom, workers = 2,
      cluster.functions = system, resources = list(ncpus = 1)
    )
  }
)

set.seed(1)
x <- matrix(rnorm(3 * count), ncol = 3)
distances <- function() sqdist(Vi(x), Vj(x))
calls <- list(
  "Gaussian sum" = function() sum(exp(-distances()), index = "j"),
  "10 neighbours" = function() Kmin_argKmin(distances(), 10, "j"),
  "k-means" = function() {
    start <- x[seq_len(floor(sqrt(count))), ]
    suppressWarnings(k_means(x, start, iter.max = 3))[1:2]
  },
  "gradient" = function() grad(exp(-distances()), 1, "Sum", 0, "j")
)
set_rkeops_options(compile = "always", pruning = "never")

make_plan[[arguments[[1]]]]()
# from where is what workers say of themselves
say <- function() {
  paste0(Sys.info()[["nodename"]], " ", Sys.getenv("SLURM_JOB_ID"))
}
said <- lapply(1:2, function(k) {
  future::future({
    Sys.sleep(1)
    say()
  }, globals = list(say = say))
})
cat(count, "points; workers:", unlist(lapply(said, future::value)), "\n")

same <- vapply(names(calls), function(name) {
  seconds_alone <- system.time(alone <- calls[[name]]())[["elapsed"]]
  # as many parts of each call as a batch system is patient for
  previous <- use_workers(
    threads = 1, task = if (name == "k-means") count^1.5 / 8 else count^2 / 2
  )
  on.exit(set_rkeops_options(previous))
  known <- asNamespace("rkeops")$workers
  known$last <- NULL
  seconds <- system.time(shared <- calls[[name]]())[["elapsed"]]
  same <- identical(alone, shared)
  cat(sprintf(
    "%-14s alone %6.1f s, workers %6.1f s, %3d parts: %s\n", name,
    seconds_alone, seconds, max(known$last$parts, 0),
    if (same) "the same bits" else "OTHER BITS"
  ))
  same && !is.null(known$last)
}, NA)
future::plan(future::sequential)
if (!all(same)) quit(status = 1)
