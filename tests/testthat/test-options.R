# One store of options, and the names of both earlier generations for it.

test_that("the defaults are those of the documentation", {
  rkeops_reset_options()
  expect_identical(get_rkeops_option("precision"), "float32")
  expect_identical(get_rkeops_option("axis"), "output")
  expect_identical(get_rkeops_option("engine"), "cpu")
  expect_false(get_rkeops_option("verbose"))
  set_rkeops_options(threads = 2, axis = "output")
})

test_that("the setters of rkeops 1.x and 2.x change the same options", {
  local_rkeops_options(precision = "float32", verbose = FALSE)
  compile4float64()
  expect_identical(get_rkeops_option("precision"), "float64")
  rkeops_use_float32()
  expect_identical(get_rkeops_option("precision"), "float32")
  rkeops_use_float64()
  compile4float32()
  expect_identical(get_rkeops_option("precision"), "float32")
  rkeops_enable_verbosity()
  expect_identical(get_rkeops_option("verbosity"), 1L)
  rkeops_disable_verbosity()
  expect_false(get_rkeops_option("verbose"))
  set_rkeops_option("precision", "double")
  expect_identical(get_rkeops_options("precision"), "float64")
})

test_that("several options are set at once, and set back", {
  previous <- set_rkeops_options(list(precision = "float64", verbosity = 1))
  expect_identical(
    get_rkeops_options(c("precision", "verbose")),
    list(precision = "float64", verbose = TRUE)
  )
  set_rkeops_options(previous)
  expect_identical(
    get_rkeops_options(c("precision", "verbose")),
    list(precision = "float32", verbose = FALSE)
  )
  previous <- set_rkeops_options(axis = "reduced")
  expect_identical(previous, list(axis = "output"))
  set_rkeops_options(previous)
  expect_named(get_rkeops_options(), main_options)
})

test_that("options of rkeops 1.x without a meaning here may be set", {
  previous <- c(
    set_rkeops_option("use_cuda_if_possible", 0),
    set_rkeops_option("device_id", 0), set_rkeops_option("tagCpuGpu", 0)
  )
  expect_identical(get_rkeops_option("use_cuda_if_possible"), 0L)
  compile4gpu()
  expect_identical(get_rkeops_option("use_cuda_if_possible"), 1L)
  compile4cpu()
  set_rkeops_options(previous)
})

test_that("use_cpu() sets the threads, at most those allowed", {
  local_rkeops_options(threads = 2)
  use_cpu(1)
  expect_identical(get_threads(), 1L)
  use_cpu(4096)
  expect_identical(get_threads(), allowed_cores())
  rkeops_use_cpu(ncore = 1)
  expect_identical(get_threads(), 1L)
  use_cpu(0)
  expect_identical(get_threads(), allowed_cores())
})

test_that("a failed change changes nothing", {
  expect_rkeops_error(
    set_rkeops_options(list(verbose = TRUE, precision = "half")), "argument"
  )
  expect_false(get_rkeops_option("verbose"))
  expect_rkeops_error(set_rkeops_option("precison", "float64"), "argument")
  expect_rkeops_error(get_rkeops_option("nothing"), "argument")
  expect_rkeops_error(set_rkeops_options(list("float64")), "argument")
  expect_rkeops_error(use_cpu("all"), "argument")
})

test_that("messages about options say what is wanted", {
  expect_snapshot(error = TRUE, {
    set_rkeops_option("precison", "float64")
    set_rkeops_option("precision", "half")
    set_rkeops_option("verbose", "yes")
    use_cpu(1:2)
    keops_kernel(3)
    keops_kernel("Sum_Reduction(x, 0)", list("x = Vi(3)"))
  })
})

test_that("threads are what the machine and the user allow", {
  clear <- c(
    OMP_THREAD_LIMIT = NA, OMP_NUM_THREADS = NA, SLURM_CPUS_PER_TASK = NA,
    NSLOTS = NA, LSB_DJOB_NUMPROC = NA, PBS_NUM_PPN = NA, PBS_JOBID = NA,
    `_R_CHECK_LIMIT_CORES_` = NA
  )
  withr::local_envvar(clear)
  withr::local_options(mc.cores = NULL)
  expect_gte(allowed_cores(), 1L)
  withr::with_envvar(c(OMP_THREAD_LIMIT = "1"), {
    expect_identical(allowed_cores(), 1L)
  })
  withr::with_envvar(c(OMP_NUM_THREADS = "1,4"), {
    expect_identical(allowed_cores(), 1L)
  })
  withr::with_envvar(c(`_R_CHECK_LIMIT_CORES_` = "TRUE"), {
    expect_lte(allowed_cores(), 2L)
  })
  withr::with_options(list(mc.cores = 1), {
    expect_identical(allowed_cores(), 1L)
  })
})

test_that("batch systems say how many threads there are", {
  variables <- c(
    "SLURM_CPUS_PER_TASK", "NSLOTS", "LSB_DJOB_NUMPROC", "PBS_NUM_PPN",
    "NCPUS", "PBS_JOBID"
  )
  withr::local_envvar(
    rlang::set_names(rep(NA_character_, length(variables)), variables)
  )
  expect_true(all(is.na(batch_cores())))
  for (name in variables[1:4]) {
    withr::with_envvar(rlang::set_names("1", name), {
      expect_identical(allowed_cores(), 1L)
    })
  }
  withr::local_envvar(NCPUS = "3")
  expect_false(3 %in% batch_cores())
  withr::local_envvar(PBS_JOBID = "1.server")
  expect_true(3 %in% batch_cores())
  # what is no number limits nothing
  withr::local_envvar(NSLOTS = "undefined", NCPUS = NA)
  expect_true(all(is.na(batch_cores())))
})

test_that("the limits of a container are read", {
  root <- withr::local_tempdir()
  dir.create(file.path(root, "a", "b"), recursive = TRUE)
  self <- file.path(root, "self")
  writeLines("0::/a/b", self)
  expect_identical(cgroup_cores(root, self), NA_real_)
  writeLines("max 100000", file.path(root, "a", "b", "cpu.max"))
  expect_identical(cgroup_cores(root, self), NA_real_)
  writeLines("350000 100000", file.path(root, "a", "cpu.max"))
  expect_identical(cgroup_cores(root, self), 3)
  expect_identical(count_list("0-3,8"), 5)
  expect_identical(count_list("7"), 1)
})

test_that("the compiler is that of R, unless another is named", {
  makeconf <- withr::local_tempfile()
  writeLines(c(
    "# CXX17 = not this one", "CXX = g++ -m64", "CXX17 = $(CXX) -pipe",
    "CXX17STD = -std=gnu++17"
  ), makeconf)
  values <- read_makeconf(makeconf)
  expect_identical(expand_variable("CXX17", values), "g++ -m64 -pipe")
  expect_identical(expand_variable("missing", values), "")
  withr::local_envvar(RKEOPS_CXX = "clang++")
  expect_identical(cxx_command(), "clang++ -std=c++17")
  local_rkeops_options(compiler = "g++ -std=c++20")
  expect_identical(cxx_command(), "g++ -std=c++20")
})

test_that("empty flags are no flags", {
  local_rkeops_options(compiler_flags = c("", "-O1", ""), nvcc_flags = "")
  expect_identical(get_rkeops_option("compiler_flags"), "-O1")
  expect_identical(get_rkeops_option("nvcc_flags"), character())
})

test_that("a name the native code does not know is an internal error", {
  kind_of <- function(...) {
    created <- r_operator_create("Sum_Reduction(Vi(1) + Vj(1), 0)", character(), ...)
    if (inherits(created, "rkeops_failure")) created$kind else "operator"
  }
  expect_identical(kind_of("output", "float32", "auto", TRUE), "operator")
  expect_identical(kind_of("other", "float32", "auto", TRUE), "internal")
  expect_identical(kind_of("output", "float128", "auto", TRUE), "internal")
  expect_identical(kind_of("output", "float32", "other", TRUE), "internal")
  expect_identical(r_language("other")$kind, "internal")
  expect_identical(r_lazy_variable("k", 1L, matrix(1))$kind, "internal")
  op <- keops_kernel("Sum_Reduction(Vi(1) + Vj(1), 0)")
  pointer <- environment(op)$pointer
  expect_identical(r_operator_explain(pointer, "source", "other")$kind, "internal")
  expect_identical(
    r_operator_call(pointer, list(1, 2), 3L, NULL, NULL, NULL, NULL, -1)$kind, "internal"
  )
})

test_that("options that the native code does not know change nothing", {
  before <- as.list(settings)
  for (name in c("engine", "compile", "expansion", "digits", "pruning",
                 "gpu_results")) {
    values <- stats::setNames(list("other"), name)
    expect_error(
      change_settings(values, NULL), "\"other\"",
      class = "rkeops_error_internal"
    )
  }
  expect_identical(as.list(settings), before)
})

test_that("options for a while go back by themselves", {
  precision <- function() get_rkeops_option("precision")
  inside <- function(fails = FALSE) {
    local_rkeops_options(precision = "float64", verbosity = 1)
    local_rkeops_options(list(compile = "never"))
    if (fails) stop("on purpose")
    c(precision(), get_rkeops_option("compile"))
  }
  before <- get_rkeops_options()
  expect_identical(inside(), c("float64", "never"))
  expect_identical(get_rkeops_options(), before)
  expect_error(inside(fails = TRUE), "on purpose")
  expect_identical(get_rkeops_options(), before)
  expect_identical(
    with_rkeops_options(list(precision = "float64"), precision()), "float64"
  )
  expect_error(with_rkeops_options(list(precision = "double"), stop("no")), "no")
  expect_identical(get_rkeops_options(), before)
  expect_rkeops_error(local_rkeops_options(precsion = 1), "argument",
                      "precision")
  expect_rkeops_error(with_rkeops_options(3, 1), "argument")
  expect_rkeops_error(
    local_rkeops_options(verbose = TRUE, .frame = globalenv()), "argument"
  )
  expect_identical(get_rkeops_options(), before)
})

test_that("only what is named changes, rkeops_reset_options() resets", {
  local_rkeops_options(threads = 2, axis = "output")
  local_rkeops_options(precision = "float64", verbose = TRUE)
  said <- session$said
  withr::defer(session$said <- said)
  session$said <- character()
  expect_message(set_rkeops_options(), "rkeops_reset_options",
                 class = "rkeops_message_options")
  expect_no_message(set_rkeops_options())
  expect_no_message(set_rkeops_options(list()))
  expect_identical(get_rkeops_option("precision"), "float64")
  set_rkeops_options(verbose = FALSE)
  expect_identical(get_rkeops_option("precision"), "float64")
  previous <- rkeops_reset_options()
  expect_identical(previous$precision, "float64")
  expect_identical(get_rkeops_option("precision"), "float32")
  set_rkeops_options(previous)
  expect_identical(get_rkeops_option("precision"), "float64")
})

test_that("options of R are the defaults", {
  local_rkeops_options(get_rkeops_options(c("precision", "threads", "axis")))
  withr::local_options(rkeops.precision = "double", rkeops.verbosity = 1)
  rkeops_reset_options()
  expect_identical(
    get_rkeops_options(c("precision", "verbose")),
    list(precision = "float64", verbose = TRUE)
  )
  withr::local_options(rkeops.verbosity = NULL, rkeops.axis = "sideways")
  expect_rkeops_error(rkeops_reset_options(), "argument", "axis")
  expect_warning(take_options_of_r(), "rkeops.axis", class = "rkeops_warning")
  withr::local_options(rkeops.precision = NULL, rkeops.axis = NULL)
  rkeops_reset_options()
  set_rkeops_options(threads = 2, axis = "output")
})

test_that("a row of the table of options reads its own default", {
  for (setting in names(option_rows)) {
    row <- option_rows[[setting]]
    default <- default_settings()[[setting]]
    expect_identical(row$read(default, setting, NULL), default, info = setting)
    shown <- option_table[[setting]]$show(default)
    expect_identical(row$read(shown, setting, NULL), default, info = setting)
  }
})

test_that("the manual has each option once, with its default", {
  text <- document_options()
  expect_match(text[-1L], "^\\* `[a-z_]+`.*: .*[.]$")
  expect_length(text, length(main_options) + 1L)
  expect_match(text, "`compile` \\(`\"auto\"`\\).*`RKEOPS_COMPILE`", all = FALSE)
  expect_match(text, "`work_worth_sharing` \\(`4e9`\\)", all = FALSE)
  expect_match(text, "Other names: `backend`.*`tagCpuGpu`", all = FALSE)
})

test_that("a setting that one side does not know is an internal error", {
  push <- function(change) {
    names <- c(native_options, names(internal_settings()))
    values <- c(mget(names, envir = settings), surroundings())
    r_set_settings(change(values))
  }
  fewer <- push(function(values) values[names(values) != "pruning"])
  expect_identical(fewer$kind, "internal")
  expect_match(fewer$message, "did not pass the setting pruning")
  more <- push(function(values) c(values, nothing = 1))
  expect_identical(more$kind, "internal")
  expect_null(push(identity))
})

test_that("the option `trace` prints stages when they happen", {
  local_rkeops_options(trace = TRUE, compile = "never", digits = "plain")
  text <- capture.output(type = "message", {
    op <- keops_kernel("Sum_Reduction(Exp(-SqDist(x, y)), 0)",
                       c("x = Vi(2)", "y = Vj(2)"))
    invisible(op(list(matrix(0, 5, 2), matrix(1, 7, 2))))
  })
  for (stage in c("formula", "tree", "graph", "simplified formula", "plan")) {
    expect_match(text, paste0("^rkeops ", stage, ":"), all = FALSE)
  }
  expect_match(text, "^rkeops kernel: .*, 5 x 7 pairs, interpreted, ", all = FALSE)
  set_rkeops_option("trace", FALSE)
  quiet <- capture.output(
    invisible(op(list(matrix(0, 5, 2), matrix(1, 7, 2)))), type = "message"
  )
  expect_identical(quiet, character())
})
