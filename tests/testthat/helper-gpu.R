# The tests of GPUs share this beside the emulated one (helper-emulation.R).

# Less and less memory, until results are computed in several parts, or the
# operator does not work with it: no bit of a result depends on that. A large
# GPU has more partial results, and needs more to begin with.
expect_same_in_chunks <- function(compute, label, most = 450) {
  expected <- compute()
  chunks <- 1
  in_chunks <- 0
  with_memory <- function(kibibytes) {
    previous <- set_rkeops_option("gpu_memory", kibibytes * 1024)
    on.exit(set_rkeops_options(previous))
    tryCatch(compute(), rkeops_error_gpu = function(e) NULL)
  }
  kibibytes <- most
  while (is.null(with_memory(kibibytes)) && kibibytes < 1e6) {
    kibibytes <- kibibytes * 1.2
  }
  repeat {
    result <- with_memory(kibibytes)
    if (is.null(result)) break
    chunks <- r_last_timings()[["chunks"]]
    if (!identical(result, expected)) break
    in_chunks <- in_chunks + (chunks > 1)
    if (in_chunks == 2) break
    kibibytes <- kibibytes * 0.85
  }
  expect_true(is.null(result) || identical(result, expected), info = label)
  expect_gt(chunks, 1, label = paste("chunks of", label))
}

# The GPU of this machine, or an emulated one with as many multiprocessors as a
# large one has: more of them, more splits.
local_large_gpu <- function(.frame = parent.frame()) {
  if (!inherits(r_gpu_devices(), "rkeops_failure")) return(local_gpu(.frame))
  withr::local_envvar(
    RKEOPS_EMULATION_DEVICES = "5", RKEOPS_EMULATION_MULTIPROCESSORS = "132",
    .local_envir = .frame
  )
  local_emulated_gpu(.frame)
  # one that has not been looked at with fewer
  local_rkeops_options(devices = 4L, .frame = .frame)
}

# GPUs of this machine if it has so many, else emulated ones, which share also
# what is small.
local_gpus <- function(count, .frame = parent.frame()) {
  devices <- r_gpu_devices()
  numbers <- seq_len(count) - 1L
  real <- !inherits(devices, "rkeops_failure") && nrow(devices) >= 3
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

# Launches fold a few columns each, whatever is learned of their speed.
local_short_slices <- function(.frame = parent.frame()) {
  previous <- change_settings(
    list(first_slice_work = 1, learns_speed = FALSE), call = NULL
  )
  withr::defer(change_settings(previous, call = NULL), envir = .frame)
}
