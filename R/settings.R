# The settings of the session: one environment, of which the native code has a
# copy, so that a call of an operator looks nothing up. Whatever changes a
# setting goes through change_settings().

settings <- new.env(parent = emptyenv())

# Tests change these, which are no options: how long launches on a GPU are, the
# seconds that a compiler may take in the midst of a call, and whether sums with
# a tolerance are expanded where that is no gain.
internal_settings <- function() {
  list(
    first_slice_work = 512e6, learns_speed = TRUE, leaves_to_share = 512,
    compile_patience = 60, expands_always = FALSE
  )
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

# The environment is read each time, so that a change of PATH is seen by the
# next operator that is made.
push_settings <- function() {
  names <- c(native_options, names(internal_settings()))
  r_set_settings(c(mget(names, envir = settings), surroundings()))
}

# The native code is told this of the session, besides the options.
surroundings <- function() {
  list(
    threads_process = settings$threads_process,
    interactive = shows_progress(), cxx = cxx_command(),
    cuda_home = Sys.getenv("CUDA_HOME"), cuda_path = Sys.getenv("CUDA_PATH"),
    path = Sys.getenv("PATH"), library_path = Sys.getenv("LD_LIBRARY_PATH"),
    nvrtc_folders = if (settings$engine == "cuda") nvrtc_folders() else
      character(),
    temporary_directory = tempdir(),
    include_directory = system.file("include", package = "rkeops"),
    work_of_a_part = if (settings$workers) settings$worker_task else 0,
    package_version = package_version_string()
  )
}

package_version_string <- function() {
  getNamespaceInfo("rkeops", "spec")[["version"]]
}
