# The settings of the session: one environment, of which the native code has a
# copy, so that a call of an operator looks nothing up. Whatever changes a
# setting goes through change_settings().

settings <- new.env(parent = emptyenv())

default_settings <- function() {
  list(
    precision = "float32", axis = "output",
    index_base = 1L, complex_results = "complex",
    engine = "cpu", devices = 0L, gpu_memory = Inf, gpu_results = "auto",
    work_worth_sharing = 4e9,
    threads = allowed_cores(), verbose = FALSE,
    cache_dir = default_cache_dir(), cache_maximum_bytes = 1e9,
    dense_maximum_bytes = 8e9,
    compile = default_compile(), expansion = "auto", digits = default_digits(),
    pruning = default_pruning(), instructions = "",
    compiler = "", compiler_flags = character(),
    cuda_compiler = "auto", nvrtc = "", nvcc = "", nvcc_flags = character(),
    cuda_driver = "",
    use_cuda_if_possible = 1L, col_major = 1L, debug = 0L,
    tag1D2D = 0L, tagHostDevice = 0L
  )
}

# What tests change, and is no option: how long launches on a GPU are, and the
# seconds that a compiler may take in the midst of a call.
internal_settings <- function() {
  list(first_slice_work = 512e6, learns_speed = TRUE, compile_patience = 60)
}

default_compile <- function() {
  chosen <- Sys.getenv("RKEOPS_COMPILE")
  if (chosen %in% compile_modes) chosen else "auto"
}

compile_modes <- c("auto", "always", "never")

# Tests of the engines compute as operators are planned, whatever that does to
# digits.
default_digits <- function() {
  chosen <- Sys.getenv("RKEOPS_DIGITS")
  if (chosen %in% digits_modes) chosen else "auto"
}

digits_modes <- c("auto", "plain")

default_pruning <- function() {
  chosen <- Sys.getenv("RKEOPS_PRUNING")
  if (chosen %in% pruning_modes) chosen else "auto"
}

pruning_modes <- c("auto", "always", "never")

expansion_modes <- c("auto", "always", "never")

default_cache_dir <- function() {
  chosen <- Sys.getenv("RKEOPS_CACHE_DIR")
  if (nzchar(chosen)) path.expand(chosen) else session_cache_dir()
}

session_cache_dir <- function() {
  file.path(tempdir(), "rkeops")
}

reset_settings <- function() {
  change_settings(
    c(default_settings(), internal_settings()), call = rlang::caller_env()
  )
  session$chose_axis <- FALSE
}

# Returns, invisibly, the values it replaced. Choosing a GPU that is not there
# changes nothing.
change_settings <- function(values, call) {
  old <- mget(names(values), envir = settings, ifnotfound = list(NULL))
  accepted <- FALSE
  on.exit(if (!accepted) {
    list2env(old, settings)
    push_settings()
  })
  list2env(values, settings)
  if ("threads" %in% names(values)) {
    settings$threads_process <- Sys.getpid()
  }
  if ("axis" %in% names(values)) session$chose_axis <- TRUE
  check_native(push_settings(), call)
  # after the push: which driver is asked may have changed with the engine
  chosen <- any(c("engine", "devices") %in% names(values))
  if (chosen && settings$engine == "cuda") {
    check_devices(settings$devices, call)
  }
  accepted <- TRUE
  invisible(old)
}

# The environment variables are read each time, so that a change of PATH is
# seen by the next operator that is made.
push_settings <- function() {
  r_set_settings(list(
    engine = settings$engine, devices = settings$devices,
    gpu_memory = if (settings$gpu_memory == Inf) 0 else settings$gpu_memory,
    gpu_results = settings$gpu_results,
    work_worth_sharing = settings$work_worth_sharing,
    first_slice_work = settings$first_slice_work,
    learns_speed = settings$learns_speed,
    compile_patience = settings$compile_patience,
    threads = settings$threads, threads_process = settings$threads_process,
    interactive = rlang::is_interactive(), verbose = settings$verbose,
    cache_directory = settings$cache_dir,
    cache_maximum_bytes = settings$cache_maximum_bytes,
    temporary_directory = tempdir(),
    compile = settings$compile, expansion = settings$expansion,
    pruning = settings$pruning,
    digits = settings$digits, instructions = settings$instructions,
    cxx = cxx_command(), cxx_flags = settings$compiler_flags,
    cuda_compiler = settings$cuda_compiler, nvrtc = settings$nvrtc,
    nvcc = settings$nvcc, nvcc_flags = settings$nvcc_flags,
    cuda_driver = settings$cuda_driver,
    cuda_home = Sys.getenv("CUDA_HOME"), cuda_path = Sys.getenv("CUDA_PATH"),
    path = Sys.getenv("PATH"), library_path = Sys.getenv("LD_LIBRARY_PATH"),
    include_directory = system.file("include", package = "rkeops"),
    package_version = package_version_string()
  ))
}

package_version_string <- function() {
  getNamespaceInfo("rkeops", "spec")[["version"]]
}
