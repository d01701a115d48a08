# The options as users see them: a table of names, those of rkeops 1.x and 2.x
# among them, each with the setting it stands for and how to read its values.

# `read` checks a value and returns what is stored; `show` is its inverse.
option_row <- function(setting, read, show = identity) {
  list(setting = setting, read = read, show = show)
}

option_table <- list(
  precision = option_row("precision", read_precision),
  axis = option_row("axis", read_axis),
  index_base = option_row("index_base", read_index_base),
  complex_results = option_row("complex_results", read_complex_results),
  engine = option_row("engine", read_engine),
  devices = option_row("devices", read_devices),
  gpu_memory = option_row("gpu_memory", read_memory),
  gpu_results = option_row("gpu_results", read_gpu_results),
  threads = option_row("threads", read_threads),
  verbose = option_row("verbose", check_flag),
  cache_dir = option_row("cache_dir", read_cache_dir),
  cache_maximum_bytes = option_row("cache_maximum_bytes", read_bytes),
  dense_maximum_bytes = option_row("dense_maximum_bytes", read_memory),
  work_worth_sharing = option_row("work_worth_sharing", read_work),
  compile = option_row("compile", read_compile),
  expansion = option_row("expansion", read_expansion),
  digits = option_row("digits", read_digits),
  pruning = option_row("pruning", read_pruning),
  instructions = option_row("instructions", read_instructions),
  compiler = option_row("compiler", read_program),
  compiler_flags = option_row("compiler_flags", read_flags),
  cuda_compiler = option_row("cuda_compiler", read_cuda_compiler),
  nvrtc = option_row("nvrtc", read_program),
  nvcc = option_row("nvcc", read_program),
  nvcc_flags = option_row("nvcc_flags", read_flags),
  cuda_driver = option_row("cuda_driver", read_program),
  # Other names, of rkeops 1.x and 2.x.
  backend = option_row(
    "engine", read_backend, function(value) engine_place()
  ),
  tagCpuGpu = option_row(
    "engine",
    function(value, name, call) {
      c("cpu", "cuda")[[read_binary(value, name, call) + 1L]]
    },
    function(value) as.integer(value == "cuda")
  ),
  device_id = option_row("devices", read_devices),
  verbosity = option_row("verbose", check_flag, as.integer),
  build_dir = option_row("cache_dir", read_cache_dir),
  # Remembered, without effect here: see ?set_rkeops_option.
  use_cuda_if_possible = option_row("use_cuda_if_possible", read_binary),
  col_major = option_row("col_major", read_binary),
  debug = option_row("debug", read_binary),
  tag1D2D = option_row("tag1D2D", read_binary),
  tagHostDevice = option_row("tagHostDevice", read_binary)
)

# What get_rkeops_options() lists: each setting once.
main_options <- c(
  "precision", "axis", "index_base", "complex_results", "engine", "devices",
  "gpu_memory", "gpu_results", "work_worth_sharing", "threads", "verbose",
  "cache_dir", "cache_maximum_bytes", "dense_maximum_bytes", "compile",
  "expansion", "digits", "pruning", "instructions",
  "compiler", "compiler_flags", "cuda_compiler", "nvrtc", "nvcc",
  "nvcc_flags", "cuda_driver"
)

find_option <- function(name, call) {
  if (missing(name)) {
    abort_argument("option", "the name of an option", , call,
                   hints = option_hints(NULL))
  }
  row <- if (is.character(name) && length(name) == 1L) option_table[[name]]
  if (is.null(row)) {
    abort_argument(
      "option", "the name of an option", name, call, hints = option_hints(name)
    )
  }
  row
}

option_hints <- function(name) {
  known <- paste0("`", main_options, "`", collapse = ", ")
  hints <- paste0("The options are ", known, ".")
  if (checkmate::test_string(name)) {
    distance <- utils::adist(name, names(option_table), ignore.case = TRUE)
    nearest <- names(option_table)[which.min(distance)]
    if (min(distance) <= 3L) {
      hints <- c(paste0("Did you mean `", nearest, "`?"), hints)
    }
  }
  hints
}

change_options <- function(values, call) {
  if (is.null(names(values)) || any(names(values) == "")) {
    abort_argument("input", "a list of `option = value`", values, call)
  }
  change_settings(read_options(values, call), call)
}

# Settings from options by any of their names.
read_options <- function(values, call) {
  new <- list()
  for (name in names(values)) {
    row <- find_option(name, call)
    new[[row$setting]] <- row$read(values[[name]], name, call)
  }
  new
}

#' Options of the session
#'
#' All options of rkeops are kept in one place for the session and go back to
#' their defaults with it. `options(rkeops.precision = "float64")`, and so for
#' each option, sets another default, read when rkeops is loaded and by
#' [rkeops_reset_options()]. The functions with `compile` in their names are
#' those of rkeops 1.x, those that begin with `rkeops_` those of rkeops 2.x;
#' both change the same options.
#'
#' @section Options:
#' * `precision` (`"float32"`): the precision of the operators made from now on,
#'   or `"float64"`. `"float"` and `"double"` are the same.
#' * `axis` (`"output"`): what the last number of a formula means, see
#'   [keops_kernel()].
#' * `index_base` (`1`): whether places in LazyTensors (`argmin()`, `elem()`,
#'   ...) count from 1, as in R, or from `0`, as in rkeops 2.x.
#' * `complex_results` (`"complex"`): what reductions of complex LazyTensors
#'   return: complex numbers, or, as in rkeops 2.x, real and imaginary parts in
#'   turn (`"interleaved"`).
#' * `engine` (`"cpu"`): where operators run, or `"cuda"`; see [use_gpu()].
#'   Other names: `backend` (`"CPU"`, `"GPU"`) and `tagCpuGpu` (0, 1).
#' * `devices` (`0`): the GPUs, counted from 0. Other name: `device_id`.
#' * `gpu_memory` (`Inf`): the most memory of each GPU that may be used, in
#'   bytes or as a size such as `"100 MiB"`, matrices made by [to_gpu()] among
#'   it; by default what is free. Larger problems go through it in parts; the
#'   results are the same, bit for bit.
#' * `gpu_results` (`"auto"`): where results of a GPU go: to R (`"host"`), or
#'   they stay there (`"gpu"`), as matrices like those of [to_gpu()]. `"auto"`:
#'   they stay if all matrices of the call are there.
#' * `work_worth_sharing` (4e9): pairs times components of a formula from which
#'   several GPUs share the work.
#' * `threads`: the threads of the CPU; by default as many as the process may
#'   use (see [get_threads()]).
#' * `verbose` (`FALSE`): whether to say each time that a formula is compiled.
#'   Otherwise one line says so in interactive sessions, the first time. Other
#'   name: `verbosity`.
#' * `cache_dir`, `cache_maximum_bytes` (10^9): where compiled formulas are
#'   kept, and how much; see [get_rkeops_cache_dir()]. Other name: `build_dir`.
#' * `dense_maximum_bytes` (8 * 10^9): the most memory that a sparse matrix may
#'   take when it is written out, in bytes or as a size such as `"20 GB"`; `Inf`
#'   is what the machine has. See [data-classes].
#' * `compile` (`"auto"`): when formulas for the CPU are compiled. `"auto"`: a
#'   formula is interpreted until that has taken as long as compiling it would,
#'   then it is compiled. When that fails (no compiler, a full disk, a directory
#'   that allows no programs, ...) it stays interpreted, and a warning of class
#'   `rkeops_warning_compile` says so once a session; compiling is tried again
#'   when an option has changed. `"always"`: at the first call, and what fails
#'   is an error. `"never"`: always interpreted. The interpreter computes the
#'   same sums in the same order, but may round differently: the last digits
#'   of a result can change when its formula has been compiled. The environment
#'   variable `RKEOPS_COMPILE` sets the default.
#' * `expansion` (`"auto"`): whether squared distances in exponents are computed
#'   as \eqn{|x - c|^2 + |y - c|^2 - 2 (x - c | y - c)}{
#'   |x - c|^2 + |y - c|^2 - 2 (x - c | y - c)}, with a point c amid the data:
#'   about half of the arithmetic. It costs digits when the exponents of the
#'   first two terms are large, and so is done only where these are at most 4
#'   (to base 2; 16 in double precision) for all data, which leaves errors of
#'   single terms below 10^-6 (10^-14), and, with `"auto"`, only where there are
#'   enough pairs to make a look at all data worth it. `"always"`: wherever it
#'   keeps these digits; `"never"`: differences stay differences. A GPU that
#'   looks for the smallest or largest squared distances uses these terms as a
#'   bound, and computes as differences what the bound does not exclude, which
#'   changes no result.
#' * `digits` (`"auto"`): operators in single precision are looked after, so
#'   that results are within 10^-5 of the sum of the absolute terms, whatever
#'   the units and the origin of the data; see `vignette("numbers")`. `"plain"`:
#'   inputs are rounded to single precision as they are, and nothing is checked.
#'   Operators with `sum_scheme = "plain"` are computed so too. The environment
#'   variable `RKEOPS_DIGITS` sets the default.
#' * `pruning` (`"auto"`): whether pairs are left out on the CPU that cannot
#'   change the result. Reductions that look for few values (`Min`, `Max`,
#'   `ArgMin`, `KMin`, `ArgKMin`, ... of a formula of dimension 1, so nearest
#'   neighbours of any kind) sort rows and columns into boxes, and compute no
#'   pairs of two boxes when an interval that holds the values of all of them
#'   says that none is wanted: the time of 10 neighbours of N points in three
#'   dimensions grows like N, not N^2. Results are the same, values and indices,
#'   ties included. Sums of a formula of dimension 1 do so, too: what is the
#'   same for all pairs of two boxes, such as a comparison with a radius, is
#'   counted and not computed, and terms are left out when all columns together,
#'   if they were all so small, would be less than 2^-25 (2^-54 in double
#'   precision) of what a row has summed up. So results of sums are the same but
#'   for rounding. `"auto"`: where pairs are many, and a few rows say that most
#'   of them can be left out. `"always"`: wherever it is possible, `"never"`:
#'   nowhere. `explain(op, "pruning")` says what became of the last call. The
#'   environment variable `RKEOPS_PRUNING` sets the default.
#' * `instructions` (`""`): the instruction set of the interpreter, by default
#'   the best that the processor has.
#' * `compiler`, `compiler_flags`: the C++ compiler, where the one that is found
#'   is not the right one, and additional flags.
#' * `cuda_compiler` (`"auto"`): which compiler makes programs for GPUs:
#'   `"nvrtc"`, a library (`libnvrtc`) that needs neither the CUDA toolkit nor a
#'   C++ compiler and takes about half the time; `"nvcc"`, that of the toolkit;
#'   or `"auto"`, NVRTC where it is found, unless the option `nvcc` is set.
#' * `nvrtc`, `nvcc`, `nvcc_flags`: the library, the program, where those that
#'   are found are not the right ones, and additional flags for either.
#' * `cuda_driver`: the path of the library `libcuda`, where it is in an unusual
#'   place.
#'
#' The options `use_cuda_if_possible`, `col_major`, `debug`, `tag1D2D` and
#' `tagHostDevice` of rkeops 1.x may be set, and do nothing: programs for the
#' GPU are compiled when a GPU is used, and matrices are always those of R.
#'
#' @param option The name of an option; `get_rkeops_options()` takes several, or
#'   `NULL` for all.
#' @param value Its new value.
#' @param input A list `list(option = value, ...)`. Options that are not named
#'   stay as they are; [rkeops_reset_options()] sets all of them back.
#' @param ... The same as `input`: `option = value`.
#'
#' @return `get_rkeops_option()` returns a value, `get_rkeops_options()` a list
#'   of them, or one value when one name is given. All others return invisibly
#'   the list of the values they replaced, which `set_rkeops_options()` takes
#'   back.
#' @seealso [local_rkeops_options()] for options that go back by themselves.
#' @export
#' @examples
#' get_rkeops_option("precision")
#' previous <- set_rkeops_option("precision", "float64")
#' get_rkeops_options()
#' set_rkeops_options(previous)
set_rkeops_option <- function(option, value) {
  call <- rlang::current_env()
  find_option(option, call)
  if (missing(value)) {
    abort_argument("value", "the new value of the option", , call)
  }
  change_options(rlang::set_names(list(value), option), call)
}

#' @rdname set_rkeops_option
#' @export
set_rkeops_options <- function(input = NULL, ...) {
  call <- rlang::current_env()
  values <- given_options(input, list(...), call)
  if (length(values)) {
    return(change_options(values, call))
  }
  if (is.null(input)) say_no_reset()
  invisible(list())
}

given_options <- function(input, more, call) {
  if (!is.null(input) && !is.list(input)) {
    abort_argument("input", "a list of `option = value`", input, call)
  }
  c(input, more)
}

#' @rdname set_rkeops_option
#' @export
get_rkeops_option <- function(option) {
  option_value(option, rlang::current_env())
}

option_value <- function(option, call) {
  row <- find_option(option, call)
  row$show(settings[[row$setting]])
}

#' @rdname set_rkeops_option
#' @export
get_rkeops_options <- function(option = NULL) {
  call <- rlang::current_env()
  names <- check_strings(option %||% main_options, "option", call)
  values <- lapply(names, option_value, call)
  if (length(option) == 1L) {
    return(values[[1L]])
  }
  rlang::set_names(values, names)
}

#' @rdname set_rkeops_option
#' @export
compile4float32 <- function() {
  set_rkeops_option("precision", "float32")
}

#' @rdname set_rkeops_option
#' @export
compile4float64 <- function() {
  set_rkeops_option("precision", "float64")
}

#' @rdname set_rkeops_option
#' @export
compile4gpu <- function() {
  set_rkeops_option("use_cuda_if_possible", 1)
}

#' @rdname set_rkeops_option
#' @export
compile4cpu <- function() {
  set_rkeops_option("use_cuda_if_possible", 0)
}

#' @rdname set_rkeops_option
#' @export
rkeops_use_float32 <- function() {
  set_rkeops_option("precision", "float32")
}

#' @rdname set_rkeops_option
#' @export
rkeops_use_float64 <- function() {
  set_rkeops_option("precision", "float64")
}

#' @rdname set_rkeops_option
#' @export
rkeops_enable_verbosity <- function() {
  set_rkeops_option("verbose", TRUE)
}

#' @rdname set_rkeops_option
#' @export
rkeops_disable_verbosity <- function() {
  set_rkeops_option("verbose", FALSE)
}
