# How many threads this process may use: the smallest of what the operating
# system, the container, the batch system and the user allow. No process is
# started to find out on Linux.

allowed_cores <- function() {
  smallest_limit(machine_cores(), as_cores(getOption("mc.cores")))
}

# The same without what R's own parallel packages set, which give their workers
# one core each.
machine_cores <- function() {
  smallest_limit(
    affinity_cores(), cgroup_cores(), variable_cores("OMP_THREAD_LIMIT"),
    variable_cores("OMP_NUM_THREADS"), batch_cores(), check_cores()
  )
}

# Batch systems (Slurm, SGE, LSF, PBS) say how many cores a process has. NCPUS
# counts in jobs of PBS alone, since it also tells install.packages() of cores.
batch_cores <- function() {
  in_pbs <- nzchar(Sys.getenv("PBS_JOBID"))
  names <- c(
    "SLURM_CPUS_PER_TASK", "NSLOTS", "LSB_DJOB_NUMPROC", "PBS_NUM_PPN",
    if (in_pbs) "NCPUS"
  )
  vapply(names, variable_cores, numeric(1))
}

smallest_limit <- function(...) {
  limits <- c(...)
  limits <- limits[!is.na(limits) & limits >= 1]
  if (length(limits)) as.integer(min(limits)) else 1L
}

as_cores <- function(value) {
  suppressWarnings(as.numeric(value %||% NA)[1L])
}

variable_cores <- function(name) {
  # OMP_NUM_THREADS may be a list, one number for each level of nesting.
  as_cores(sub(",.*", "", Sys.getenv(name)))
}

# CRAN's checks allow two.
check_cores <- function() {
  limited <- tolower(Sys.getenv("_R_CHECK_LIMIT_CORES_"))
  if (limited %in% c("", "false")) NA_real_ else 2
}

# The cores this process may be scheduled on, as Linux lists them: "0-3,8".
affinity_cores <- function(status = "/proc/self/status") {
  line <- grep("^Cpus_allowed_list:", read_if_any(status), value = TRUE)
  if (!length(line)) {
    return(as_cores(parallel::detectCores()))
  }
  count_list(trimws(sub("^[^:]*:", "", line[1L])))
}

count_list <- function(text) {
  ranges <- strsplit(strsplit(text, ",", fixed = TRUE)[[1L]], "-", fixed = TRUE)
  sum(vapply(ranges, function(range) {
    ends <- as.numeric(range)
    ends[length(ends)] - ends[1L] + 1
  }, numeric(1)))
}

# The processor time a container may use: quota and period, in microseconds.
# A limit may stand in any of the groups above ours.
cgroup_cores <- function(root = "/sys/fs/cgroup", self = "/proc/self/cgroup") {
  group <- sub("^0::", "", grep("^0::", read_if_any(self), value = TRUE))
  files <- file.path(root, parent_paths(c(group, "")[1L]), "cpu.max")
  limits <- vapply(files, function(file) {
    quota(read_if_any(file))
  }, numeric(1))
  old <- quota(c(
    read_if_any(file.path(root, "cpu", "cpu.cfs_quota_us")),
    read_if_any(file.path(root, "cpu", "cpu.cfs_period_us"))
  ))
  smallest <- suppressWarnings(min(limits, old, na.rm = TRUE))
  if (is.finite(smallest)) max(1, floor(smallest)) else NA_real_
}

# "max 100000" and -1 are no limit.
quota <- function(lines) {
  words <- unlist(strsplit(lines, " ", fixed = TRUE))
  numbers <- suppressWarnings(as.numeric(words))
  if (length(numbers) < 2L || anyNA(numbers) || numbers[1L] <= 0) {
    return(NA_real_)
  }
  numbers[1L] / numbers[2L]
}

parent_paths <- function(path) {
  paths <- "."
  while (!path %in% c("", "/", ".")) {
    paths <- c(paths, sub("^/", "", path))
    path <- dirname(path)
  }
  paths
}

read_if_any <- function(file) {
  if (file.exists(file)) {
    tryCatch(readLines(file, warn = FALSE), error = function(e) character())
  } else {
    character()
  }
}

`%||%` <- function(x, y) if (is.null(x)) y else x
