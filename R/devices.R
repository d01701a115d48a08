# Operators run on the CPU and its threads, or on GPUs.

#' Choose where operators run
#'
#' Operators run on the CPU until `use_gpu()` is called, and again after
#' `use_cpu()`. `use_gpu()` looks for the driver, the device and a compiler for
#' it (the library `libnvrtc` or `nvcc`) at once: where one is missing it says
#' what was looked for and where, and operators go on to run where they did.
#'
#' @param device,devices The number of the GPU, counted from 0; `-1` is the
#'   first one. With several numbers the work of a call is shared between the
#'   GPUs: its rows, or its columns where rows are few. The result is the same,
#'   bit for bit, as that of one GPU of the same model.
#' @param ncore The number of threads; `NULL` or `0` for as many as this process
#'   may use. More than these are not started.
#'
#' @return `use_gpu()` and `use_cpu()` return invisibly the list of the options
#'   they replaced (see [set_rkeops_options()]), `get_threads()` the number of
#'   threads that calls use. Its default is the smallest of what the operating
#'   system and the container allow, the environment variables
#'   `OMP_THREAD_LIMIT` and `OMP_NUM_THREADS`, what Slurm, SGE, LSF or PBS gave
#'   to the job (`SLURM_CPUS_PER_TASK`, `NSLOTS`, `LSB_DJOB_NUMPROC`,
#'   `PBS_NUM_PPN`, and `NCPUS` in jobs of PBS), the R
#'   option `mc.cores`, and two in the checks of CRAN. In a forked process, as
#'   of [parallel::mclapply()], it is 1 until `use_cpu()` is called there.
#' @export
#' @examples
#' previous <- use_cpu(2)
#' get_threads()
#' set_rkeops_options(previous)
#' \dontrun{
#' use_gpu()
#' use_gpu(devices = c(0, 1))
#' }
use_gpu <- function(device = 0, devices = device) {
  call <- rlang::current_env()
  name <- if (missing(devices)) "device" else "devices"
  devices <- read_devices(devices, name, call)
  change_settings(list(engine = "cuda", devices = devices), call)
}

#' @rdname use_gpu
#' @export
use_cpu <- function(ncore = NULL) {
  call <- rlang::current_env()
  threads <- min(read_threads(ncore, "ncore", call), allowed_cores())
  change_settings(list(engine = "cpu", threads = threads), call)
}

#' @rdname use_gpu
#' @export
get_threads <- function() {
  # a forked process: its siblings use the other cores
  inherited <- settings$threads_process != Sys.getpid()
  if (inherited) 1L else settings$threads
}

# Looks now, rather than at the first call, for what a computation on the GPU
# needs.
check_devices <- function(devices, call) {
  found <- check_native(r_gpu_devices(), call)
  missing <- setdiff(devices, found$device)
  if (length(missing)) {
    abort_rkeops(
      "gpu", sprintf("There is no GPU number %d.", missing[1L]),
      hints = c(
        paste0("Found: ", format_devices(found), "."), "Numbers begin with 0."
      ),
      call = call
    )
  }
  check_cuda_compiler(call)
}

format_devices <- function(found) {
  paste(found$device, found$name, collapse = ", ")
}

check_cuda_compiler <- function(call) {
  toolchain <- check_native(r_toolchain(nvrtc_folders()), call)
  if (!nzchar(toolchain$cuda)) {
    abort_rkeops(
      "gpu", "There is a GPU, but no compiler for it (NVRTC or `nvcc`).",
      details = toolchain$cuda_places,
      hints = c("These places were looked at.", cuda_compiler_advice()),
      call = call
    )
  }
}
