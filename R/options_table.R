# The table of options. One row is all that the package knows of an option: its
# default, how a value is read and shown, whether the native code gets it, its
# other names, and its part of the manual. To add an option is to add a row; one
# that the native code reads has a row in src/rkeops_settings.cpp, too.

# `default`: a value, or a function that gives it. `read` checks a value and
# returns what is stored; `show` is its inverse. `native`: the native code has a
# copy, under the same name. `also`: other names of the option.
option_row <- function(default, read, documentation = NULL, native = FALSE,
                       also = list(), show = identity) {
  list(
    default = default, read = read, show = show, native = native, also = also,
    documentation = documentation
  )
}

# An option of rkeops 1.x that may be set, and does nothing.
remembered_row <- function(default) option_row(default, read_binary)

option_rows <- list(
  precision = option_row("float32", read_precision, "
    the precision of the operators made from now on, or `\"float64\"`.
    `\"float\"` and `\"double\"` are the same."),
  axis = option_row("output", read_axis, "
    what the last number of a formula means, see [keops_kernel()]."),
  index_base = option_row(1L, read_index_base, "
    whether places in LazyTensors (`argmin()`, `elem()`, ...) count from 1, as
    in R, or from `0`, as in rkeops 2.x."),
  complex_results = option_row("complex", one_of("complex", "interleaved"), "
    what reductions of complex LazyTensors return: complex numbers, or, as in
    rkeops 2.x, real and imaginary parts in turn (`\"interleaved\"`)."),
  engine = option_row("cpu", one_of("cpu", "cuda"), "
    where operators run, or `\"cuda\"`; see [use_gpu()].",
    native = TRUE, also = list(
      backend = other_name(
        "`\"CPU\"` or `\"GPU\"`", read_backend, function(value) engine_place()
      ),
      tagCpuGpu = other_name(
        "0 or 1", read_engine_number,
        function(value) as.integer(value == "cuda")
      )
    )),
  devices = option_row(0L, read_devices, "
    the GPUs, counted from 0.", native = TRUE,
    also = list(device_id = other_name())),
  gpu_memory = option_row(Inf, read_memory, "
    the most memory of each GPU that may be used, in bytes or as a size such as
    `\"100 MiB\"`, matrices made by [to_gpu()] among it; by default what is
    free. Larger problems go through it in parts; the results are the same, bit
    for bit.", native = TRUE),
  gpu_results = option_row("auto", one_of("auto", "host", "gpu"), "
    where results of a GPU go: to R (`\"host\"`), or they stay there
    (`\"gpu\"`), as matrices like those of [to_gpu()]. `\"auto\"`: they stay
    if all matrices of the call are there.", native = TRUE),
  work_worth_sharing = option_row(4e9, read_work, "
    pairs times components of a formula from which several GPUs share the
    work.", native = TRUE),
  threads = option_row(function() allowed_cores(), read_threads, "
    the threads of the CPU; by default as many as the process may use (see
    [get_threads()]).", native = TRUE),
  verbose = option_row(FALSE, check_flag, "
    whether to say each time that a formula is compiled. Otherwise one line says
    so in interactive sessions, the first time.",
    also = list(verbosity = other_name(show = as.integer))),
  progress = option_row(TRUE, check_flag, "
    whether interactive sessions show how far calls and loops of more than two
    seconds are."),
  trace = option_row(FALSE, check_flag, "
    whether to print every stage when it happens: what a formula becomes, from
    its tree to its plan, what is compiled and where its files are, and how long
    each kernel of a call runs, on which engine. For those who work on rkeops;
    [explain()] shows the same stages of one operator.", native = TRUE),
  cache_dir = option_row(function() default_cache_dir(), read_cache_dir, "
    where compiled formulas are kept; see [get_rkeops_cache_dir()].",
    native = TRUE, also = list(build_dir = other_name())),
  cache_maximum_bytes = option_row(1e9, read_bytes, "
    how many bytes of them are kept.", native = TRUE),
  dense_maximum_bytes = option_row(8e9, read_memory, "
    the most memory that a sparse matrix may take when it is written out, in
    bytes or as a size such as `\"20 GB\"`; `Inf` is what the machine has. See
    [data-classes]."),
  memory = option_row(Inf, read_memory, "
    the most memory that operators take for inputs that are read by blocks of
    rows, in bytes or as a size such as `\"2 GB\"`; by default half of what is
    free. See [file_matrix()]."),
  compile = option_row(
    variable_or("RKEOPS_COMPILE", "auto", "always", "never"),
    one_of("auto", "always", "never"), "
    when formulas for the CPU are compiled. `\"auto\"`: a formula is interpreted
    until that has taken as long as compiling it would, then it is compiled.
    When that fails (no compiler, a full disk, a directory that allows no
    programs, ...) it stays interpreted, and a warning of class
    `rkeops_warning_compile` says so once a session; compiling is tried again
    when an option has changed. `\"always\"`: at the first call, and what fails
    is an error. `\"never\"`: always interpreted. The interpreter computes the
    same sums in the same order, but may round differently: the last digits of a
    result can change when its formula has been compiled.", native = TRUE),
  expansion = option_row("auto", one_of("auto", "always", "never"), "
    whether squared distances in exponents are computed as
    \\eqn{|x - c|^2 + |y - c|^2 - 2 (x - c | y - c)}{
    |x - c|^2 + |y - c|^2 - 2 (x - c | y - c)}, with a point c amid the data:
    about half of the arithmetic. It costs digits when the exponents of the
    first two terms are large, and so is done only where these are at most 4 (to
    base 2; 16 in double precision) for all data, which leaves errors of single
    terms below 10^-6 (10^-14), and, with `\"auto\"`, only where there are
    enough pairs to make a look at all data worth it. `\"always\"`: wherever it
    keeps these digits; `\"never\"`: differences stay differences. A GPU that
    looks for the smallest or largest squared distances uses these terms as a
    bound, and computes as differences what the bound does not exclude, which
    changes no result.", native = TRUE),
  digits = option_row(
    variable_or("RKEOPS_DIGITS", "auto", "plain"), one_of("auto", "plain"), "
    operators in single precision are looked after, so that results are within
    10^-5 of the sum of the absolute terms, whatever the units and the origin of
    the data; see `vignette(\"numbers\")`. `\"plain\"`: inputs are rounded to
    single precision as they are, and nothing is checked. Operators with
    `sum_scheme = \"plain\"` are computed so too.", native = TRUE),
  pruning = option_row(
    variable_or("RKEOPS_PRUNING", "auto", "always", "never"),
    one_of("auto", "always", "never"), "
    whether pairs are left out that cannot change the result. Reductions that
    look for few values (`Min`, `Max`, `ArgMin`, `KMin`, `ArgKMin`, ... of a
    formula of dimension 1, so nearest neighbours of any kind) sort rows and
    columns into boxes, and compute no pairs of two boxes
    when an interval that holds the values of all of them says that none is
    wanted: the time of 10 neighbours of N points in three dimensions grows like
    N, not N^2. Results are the same, values and indices, ties included. A GPU
    does so for lists of up to 32 values and formulas of up to 15 components
    that are made of sums, products, quotients, powers, roots, absolute values,
    extrema, exponentials and logarithms, where the formula has no other
    reduction; with several GPUs the first one does it. On the CPU sums, sums of
    exponentials (`LogSumExp`) and means with softmax weights leave out pairs,
    and gradients of sums: what is the same for all pairs of two boxes,
    such as a comparison with a radius, is counted and not computed, and terms
    are left out when all columns together, if they were all so small, would be
    less than 2^-25 (2^-54 in double precision) of the sum of absolute terms of
    a row. So results of sums are the same but for rounding. [pairs_within()]
    finds pairs by boxes, where tensors in single precision are computed in
    double precision, unless `digits` is `\"plain\"`. The order of points is
    kept for later calls with the same values, whatever their weights and
    parameters. `\"auto\"`: where pairs are many, and a few rows say that most
    of them can be left out. `\"always\"`: wherever it is possible,
    `\"never\"`: nowhere. `explain(op, \"pruning\")` says what became of the
    last call.",
    native = TRUE),
  tolerance = option_row(0, read_tolerance, "
    the largest error of sums over pairs, in parts of the sums of the absolute
    terms, between 1e-12 and 1; 0: none but rounding. See [tolerance]. What has
    no tolerance, as a minimum, is computed as without.", native = TRUE),
  instructions = option_row("", read_instructions, "
    the instruction set of the interpreter, by default the best that the
    processor has.", native = TRUE),
  workers = option_row(FALSE, read_workers, "
    whether other processes take part, see [use_workers()], of whose arguments
    the next options are the values."),
  worker_threads = option_row(0L, read_worker_threads, "
    the threads of a worker; 0: each decides."),
  worker_folder = option_row("", read_folder, "
    the folder through which inputs reach the workers; by default one in
    [tempdir()]."),
  worker_timeout = option_row(Inf, read_seconds, "
    the seconds after which a part is sent again, to another worker."),
  worker_task = option_row(4e9, read_task, "
    the work of a task, in pairs times components of a formula."),
  checkpoint = option_row("", read_folder, "
    the folder that keeps each part as it is finished."),
  compiler = option_row("", read_program, "
    the C++ compiler, where the one that is found is not the right one."),
  compiler_flags = option_row(character(), read_flags, "
    additional flags for the C++ compiler.", native = TRUE),
  cuda_compiler = option_row("auto", one_of("auto", "nvrtc", "nvcc"), "
    which compiler makes programs for GPUs: `\"nvrtc\"`, a library (`libnvrtc`)
    that needs neither the CUDA toolkit nor a C++ compiler and takes about half
    the time; `\"nvcc\"`, that of the toolkit; or `\"auto\"`, NVRTC where it is
    found, unless the option `nvcc` is set.", native = TRUE),
  nvrtc = option_row("", read_program, "
    the library `libnvrtc`, where the one that is found is not the right one.",
    native = TRUE),
  nvcc = option_row("", read_program, "
    the program `nvcc`, where the one that is found is not the right one.",
    native = TRUE),
  nvcc_flags = option_row(character(), read_flags, "
    additional flags for either compiler of GPU programs.", native = TRUE),
  cuda_driver = option_row("", read_program, "
    the path of the library `libcuda`, where it is in an unusual place.",
    native = TRUE),
  use_cuda_if_possible = remembered_row(1L),
  col_major = remembered_row(1L),
  debug = remembered_row(0L),
  tag1D2D = remembered_row(0L),
  tagHostDevice = remembered_row(0L)
)

# ---- what is read from the table ----

# get_rkeops_options() lists each option once.
main_options <- names(
  Filter(function(row) !is.null(row$documentation), option_rows)
)

# The options of which the native code has a copy.
native_options <- names(Filter(function(row) row$native, option_rows))

# Every name of an option: the setting it stands for, and how to read and show
# its values.
option_table <- local({
  table <- list()
  for (setting in names(option_rows)) {
    own <- c(setting = setting, option_rows[[setting]][c("read", "show")])
    table[[setting]] <- own
    for (name in names(option_rows[[setting]]$also)) {
      other <- option_rows[[setting]]$also[[name]]
      table[[name]] <- utils::modifyList(own, other)
    }
  }
  table
})

default_settings <- function() {
  lapply(option_rows, function(row) {
    if (is.function(row$default)) row$default() else row$default
  })
}

# ---- the manual ----

# The section of ?set_rkeops_option, which roxygen2 evaluates.
document_options <- function() {
  items <- vapply(main_options, function(name) {
    row <- option_rows[[name]]
    words <- strsplit(trimws(row$documentation), "[ \n]+")[[1L]]
    paste0(
      "* `", name, "`", document_default(row$default), ": ",
      paste(words, collapse = " "), document_variable(row$default),
      document_names(row$also)
    )
  }, "")
  c("@section Options:", items)
}

document_default <- function(default) {
  default <- attr(default, "otherwise") %||% default
  if (is.function(default) || !length(default)) {
    return("")
  }
  shown <- if (is.numeric(default)) format(default) else deparse(default)
  paste0(" (`", sub("e+0", "e", shown, fixed = TRUE), "`)")
}

document_variable <- function(default) {
  variable <- attr(default, "variable")
  if (!is.null(variable)) {
    paste0(" The environment variable `", variable, "` sets the default.")
  }
}

document_names <- function(also) {
  if (!length(also)) {
    return(NULL)
  }
  values <- vapply(also, function(other) {
    if (is.null(other$values)) "" else paste0(" (", other$values, ")")
  }, "")
  paste0(
    if (length(also) > 1L) " Other names: " else " Other name: ",
    paste0("`", names(also), "`", values, collapse = " and "), "."
  )
}
