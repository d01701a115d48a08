# Tells what is installed, whether it works, and what to do about missing parts.

#' Is everything here, and does it work?
#'
#' `rkeops_sitrep()` lists the compilers, the GPU, the threads and the directory
#' of compiled formulas, says why the compiler for GPUs was taken that it found,
#' and what to type where something is missing. Nothing is downloaded unasked.
#' `check_rkeops()` runs a small formula where operators run now (see
#' [use_gpu()]), and compares the result with that of plain R: on the CPU
#' interpreted, and compiled unless the option `compile` is `"never"`, or
#' `"auto"` and there is no compiler. Where the option is `"auto"` and compiling
#' fails, the check says why, and passes if the interpreter is right.
#'
#' @param verbose Whether to say what was found.
#' @return `check_rkeops()` returns invisibly whether the result was right,
#'   `rkeops_sitrep()` invisibly the list of what it found.
#' @export
#' @examples
#' rkeops_sitrep()
#' \donttest{
#' check_rkeops()
#' }
check_rkeops <- function(verbose = TRUE) {
  verbose <- check_flag(verbose, "verbose", rlang::current_env())
  modes <- self_test_modes()
  problems <- lapply(modes, function(mode) {
    tryCatch(self_test(mode), rkeops_error = identity)
  })
  failed <- !vapply(problems, is.null, NA)
  # where nobody asks for compiled programs, interpreted ones do
  does <- !any(failed) || (settings$compile == "auto" && !failed[[1L]] &&
                             stays_interpreted(problems[[2L]]))
  if (verbose) {
    report_self_test(does, problems[failed], modes[!failed])
  }
  invisible(does)
}

stays_interpreted <- function(problem) {
  inherits(problem, paste0("rkeops_error_", c("compile", "cache", "argument")))
}

# The ways of running formulas that are to work, by the option `compile`.
self_test_modes <- function() {
  if (settings$engine == "cuda") {
    return("always")
  }
  has_compiler <- nzchar(check_native(r_toolchain(character()))$cxx)
  compiles <- switch(settings$compile,
    auto = has_compiler, always = TRUE, never = FALSE
  )
  c("never", if (compiles) "always")
}

self_test <- function(mode) {
  previous <- change_settings(list(compile = mode), rlang::current_env())
  on.exit(change_settings(previous, rlang::current_env()))
  points <- matrix(seq(0, 1, length.out = 30), ncol = 3)
  op <- keops_kernel(
    "Sum_Reduction(Exp(-SqNorm2(x - y)), 0)", c("x = Vi(3)", "y = Vj(3)")
  )
  result <- op(points, points)
  expected <- rowSums(exp(-as.matrix(stats::dist(points))^2))
  if (max(abs(result - expected)) > 1e-4) {
    abort_rkeops("internal", "The result of the self test is wrong.")
  }
}

# `problems` of the modes that do not work, and the `modes` that do.
report_self_test <- function(does, problems, modes) {
  if (does) {
    ways <- c(never = "interpreted", always = "compiled")[modes]
    done <- paste(c(ways[-length(ways)], paste(ways[length(ways)], "and run")),
                  collapse = ", ")
    cli::cli_inform(c(v = "rkeops works: a formula was {done}."))
  }
  for (problem in problems) {
    text <- conditionMessage(problem)
    cli::cli_inform(
      if (does) {
        c("!" = "Formulas stay interpreted, since compiling fails:")
      } else {
        c(x = "rkeops does not work:")
      }
    )
    cli::cli_verbatim(text)
  }
  if (length(problems)) {
    cli::cli_inform(c(i = "{.run rkeops::rkeops_sitrep()} says more."))
  }
}

#' @rdname check_rkeops
#' @export
rkeops_sitrep <- function() {
  found <- situation()
  cli::cli_h1("rkeops {found$version}")
  report_compiler(found$toolchain)
  report_gpu(found$devices)
  report_cuda_compiler(found$toolchain)
  report_session(found)
  invisible(found)
}

situation <- function() {
  check_native(push_settings())
  list(
    version = package_version_string(),
    toolchain = check_native(r_toolchain(nvrtc_folders())),
    devices = r_gpu_devices(),
    engine = settings$engine,
    compile = settings$compile,
    instructions = r_instruction_sets(),
    threads = settings$threads,
    allowed_cores = allowed_cores(),
    compile_failure = r_end_of_compiling(),
    cache_dir = settings$cache_dir,
    cache_failure = r_cache_try(settings$cache_dir),
    cache = r_cache_list(settings$cache_dir)
  )
}

report_compiler <- function(toolchain) {
  if (nzchar(toolchain$cxx)) {
    cli::cli_inform(c(
      v = "C++ compiler: {toolchain$cxx} ({toolchain$cxx_version})"
    ))
  } else {
    cli::cli_inform(c(
      "!" = "C++ compiler: none found. Formulas for the CPU are interpreted,
        which is slower for large inputs.",
      i = "Debian, Ubuntu: {.code sudo apt-get install g++}; Fedora: {.code sudo
        dnf install gcc-c++}; macOS: {.code xcode-select --install}.",
      i = "Another one: {.code set_rkeops_option(\"compiler\", path)}."
    ))
  }
}

report_gpu <- function(devices) {
  if (inherits(devices, "rkeops_failure")) {
    report_failure(devices, "GPU: none. Operators run on the CPU.")
  } else {
    text <- sprintf(
      "GPU %d: %s, %s, architecture %s", devices$device, devices$name,
      vapply(devices$memory, format_size, ""), devices$architecture
    )
    cli::cli_inform(rlang::set_names(escape_braces(text), "v"))
  }
}

escape_braces <- function(text) {
  gsub("}", "}}", gsub("{", "{{", text, fixed = TRUE), fixed = TRUE)
}

report_cuda_compiler <- function(toolchain) {
  if (nzchar(toolchain$cuda)) {
    cli::cli_inform(c(
      v = "Compiler for GPUs: {toolchain$cuda} ({toolchain$cuda_version};
        {toolchain$cuda_origin})"
    ))
  } else {
    places <- toolchain$cuda_places
    hints <- escape_braces(cuda_compiler_advice())
    cli::cli_inform(c(
      "!" = "Compiler for GPUs: none in {.path {places}}.",
      rlang::set_names(hints, "i")
    ))
  }
}

report_session <- function(found) {
  cli::cli_inform(c(
    i = "Operators run on the {engine_place()}; {found$threads} thread{?s} of
      the {found$allowed_cores} allowed."
  ))
  when <- c(
    auto = "compiled when that is worth it",
    always = "compiled at the first call", never = "interpreted"
  )[[found$compile]]
  best <- found$instructions[length(found$instructions)]
  cli::cli_inform(c(
    i = "Formulas for the CPU are {when}; the interpreter uses {best}
      instructions."
  ))
  report_failure(
    found$compile_failure, "Since this, no formula is compiled until an option
      has changed:"
  )
  count <- nrow(found$cache)
  size <- format_size(sum(found$cache$bytes))
  cli::cli_inform(c(
    i = "{count} compiled formula{?s}, {size}, in {.path {found$cache_dir}}."
  ))
  report_failure(
    found$cache_failure, "No formula can be kept or loaded there:"
  )
}

# A failure that the native code reported, or nothing.
report_failure <- function(failure, text) {
  if (is.null(failure)) {
    return()
  }
  cli::cli_inform(c("!" = text))
  cli::cli_verbatim(paste0("  ", c(
    failure$message, failure$details, failure$hints
  )))
}

#' Nothing to install
#'
#' rkeops 2.x needed Python, which this function installed. Now nothing of the
#' kind is needed: it says so.
#'
#' @param ... Arguments of rkeops 2.x, not used.
#' @return `TRUE`, invisibly.
#' @export
#' @examples
#' install_rkeops()
install_rkeops <- function(...) {
  cli::cli_inform(c(
    v = "rkeops needs no Python: there is nothing to install.",
    i = "{.run rkeops::rkeops_sitrep()} says which compilers were found."
  ))
  invisible(TRUE)
}
