# Whether many small calls leave memory behind, on the GPU or in this process.
# From the root of the sources, on a machine with a GPU, with rkeops installed:
#   Rscript benchmarks/gpu-leak.R [calls] [device]
# By default 100,000 calls of 10 x 10 on device 0. The last line says whether
# both stayed as they were, and so does the exit status.

library(rkeops)

given <- as.integer(commandArgs(trailingOnly = TRUE))
calls <- if (length(given) > 0) given[1] else 100000L
device <- if (length(given) > 1) given[2] else 0L

# MiB in use on the device, by all programs.
device_memory <- function() {
  as.numeric(system2("nvidia-smi", c(
    "--query-gpu=memory.used", "--format=csv,noheader,nounits",
    paste0("--id=", device)
  ), stdout = TRUE))
}

# MiB of this process.
host_memory <- function() {
  line <- grep("^VmRSS", readLines("/proc/self/status"), value = TRUE)
  as.numeric(gsub("[^0-9]", "", line)) / 1024
}

show_memory <- function(done) {
  invisible(gc())
  memory <- c(device = device_memory(), host = host_memory())
  cat(sprintf(
    "%7d calls: %8.0f MiB on the device, %7.1f MiB in this process\n",
    done, memory[["device"]], memory[["host"]]
  ))
  memory
}

use_gpu(device)
x <- matrix(seq(0, 1, length.out = 30), 10)
operators <- lapply(c("float32", "float64"), function(precision) {
  keops_kernel(
    "Sum_Reduction(Exp(-SqDist(x, y)) * b, 0)",
    c("x = Vi(3)", "y = Vj(3)", "b = Vj(3)"),
    precision = precision
  )
})
call_once <- function(k) operators[[k %% 2 + 1]](x, x, x)

# A process grows in its first thousands of calls, on a CPU as well, then no more.
for (k in seq_len(10000)) call_once(k)
before <- show_memory(0)
start <- Sys.time()
for (part in seq_len(10)) {
  for (k in seq_len(calls %/% 10)) call_once(k)
  after <- show_memory(part * (calls %/% 10))
}
seconds <- as.numeric(Sys.time() - start, units = "secs")
cat(sprintf("%.0f microseconds a call\n", 1e6 * seconds / calls))

# Less than 100 bytes a call.
allowed <- max(2, 100 * calls / 2^20)
grown <- after - before
leaks <- any(grown > allowed)
cat(sprintf(
  "%s: %+.0f MiB on the device, %+.1f MiB in this process\n",
  if (leaks) "It grows" else "Nothing is left behind",
  grown[["device"]], grown[["host"]]
))
quit(status = as.integer(leaks))
