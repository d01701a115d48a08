# What the tests of GPUs share beside the emulated one (helper-emulation.R).

# Less and less memory, as long as the operator works with it: the results, and
# in how many parts the last one was computed.
results_in_tiles <- function(compute, sizes = c(256, 192, 160, 128, 112)) {
  results <- list()
  tiles <- 1
  for (kibibytes in sizes) {
    previous <- set_rkeops_option("gpu_memory", kibibytes * 1024)
    result <- tryCatch(compute(), rkeops_error_gpu = function(e) NULL)
    set_rkeops_options(previous)
    if (is.null(result)) break
    results <- c(results, list(result))
    tiles <- r_last_timings()[["tiles"]]
  }
  list(results = results, tiles = tiles)
}

# No bit depends on the memory of the GPU; there must be parts in it.
expect_same_in_tiles <- function(compute, label, ...) {
  expected <- compute()
  small <- results_in_tiles(compute, ...)
  expect_gt(small$tiles, 1)
  for (result in small$results) {
    expect_identical(result, expected, label = label)
  }
}

# GPUs of this machine if it has so many, else emulated ones, which share also
# what is small.
local_gpus <- function(count, .frame = parent.frame()) {
  devices <- r_gpu_devices()
  numbers <- seq_len(count) - 1L
  real <- !inherits(devices, "rkeops_failure") && nrow(devices) >= count
  if (real) {
    local_rkeops_options(engine = "cuda", devices = numbers, .frame = .frame)
  } else {
    withr::local_envvar(
      RKEOPS_EMULATION_DEVICES = "3", RKEOPS_EMULATION_MULTIPROCESSORS = "8",
      .local_envir = .frame
    )
    local_emulated_gpu(.frame)
    local_rkeops_options(devices = numbers, .frame = .frame)
  }
  previous <- change_settings(list(work_worth_sharing = 0), call = NULL)
  withr::defer(change_settings(previous, call = NULL), envir = .frame)
}
