# Whether other R processes take part in computations: the options that say so,
# set together.

#' Compute on several processes and machines
#'
#' After `use_workers()`, calls that take long are cut into parts, which the
#' workers of [future::plan()] compute: sessions of this machine
#' (`plan(multisession)`), machines reached by ssh (`plan(cluster, workers =
#' c("a", "b"))`), jobs of a batch system (package future.batchtools).
#' Operators, reductions of lazy tensors, gradients, and all that is made of
#' them ([nearest_neighbours()], [k_means()], [kernel_solve()], ...) are written
#' as before. How a call is cut depends on its sizes alone, and what comes back
#' is merged in a fixed order: the result is that of one process, bit for bit,
#' whatever the number of workers. Compiled programs are the same, bit for bit,
#' on processors of one kind; so is the interpreter (`compile = "never"`) on all
#' that have the instructions of this one, which the option `instructions`
#' names.
#'
#' @param on Whether workers are used; they are not until somebody says so.
#' @param threads The threads of each worker. `0`, the default: on other
#'   machines all cores, and on this one its cores divided by the number of its
#'   workers, unless the worker has its option `rkeops.threads` set.
#' @param folder A folder that the workers can read, through which inputs reach
#'   them. By default one in [tempdir()], which workers of this machine see. A
#'   worker that does not see the folder gets each input with its first part.
#' @param checkpoint A folder that keeps each part as it is finished, so that a
#'   call begun again, by this session or another one, goes on where it ended.
#'   `""`, the default: none. Files are named by what they were computed of;
#'   delete the folder when it is of no more use.
#' @param timeout The seconds after which a part is sent again, to another
#'   worker. `Inf`, the default: 20 times what parts of the call have taken, and
#'   a minute more.
#' @param task How large a part is: pairs times components of the formula. The
#'   default, 4e9, takes a core some seconds. Smaller calls than two parts are
#'   computed in this process, and so are calls on a GPU, and searches and sums
#'   that leave pairs out (see the option `pruning`).
#'
#' @details
#' Each worker gets an input once, under a digest of its values, and keeps the
#' last ones, so that the iterations of a solver send only what has changed. On
#' this machine, or in `folder`, inputs are files that workers map into their
#' memory; elsewhere they are sent, if they are within the option
#' `future.globals.maxSize`.
#'
#' A part that is lost, because its worker was killed, hangs, or has no memory
#' or disk left, is sent again; the third loss of the same part is an error of
#' class `rkeops_error_worker`, which names it. Parts that arrived are not
#' computed again. Workers that future started itself are started anew; of those
#' that were made by hand, the others go on.
#'
#' Progress is shown by package progressr, inside `with_progress()`. After
#' Ctrl-C workers that see the folder end what they do within a moment, others
#' when their part is done.
#'
#' The arguments are also options: `workers`, `worker_threads`,
#' `worker_folder`, `worker_timeout`, `worker_task`, `checkpoint`; see
#' [set_rkeops_option()], and [with_rkeops_options()] to use workers for one
#' call.
#'
#' @return The values that the options had, invisibly, as
#'   [set_rkeops_options()] takes them.
#' @seealso `vignette("several-machines")`, [use_gpu()].
#' @export
#' @examplesIf requireNamespace("future", quietly = TRUE)
#' \donttest{
#' future::plan(future::multisession, workers = 2)
#' previous <- use_workers(task = 1e7)
#' x <- matrix(runif(3e4), ncol = 3)
#' density <- sum(exp(-sqdist(Vi(x), Vj(x))), index = "j")
#' set_rkeops_options(previous)
#' identical(density, sum(exp(-sqdist(Vi(x), Vj(x))), index = "j"))
#' future::plan(future::sequential)
#' }
use_workers <- function(on = TRUE, threads = 0, folder = "", checkpoint = "",
                        timeout = Inf, task = 4e9) {
  call <- rlang::current_env()
  values <- list(
    workers = read_workers(on, "on", call),
    worker_threads = read_worker_threads(threads, "threads", call),
    worker_folder = read_folder(folder, "folder", call),
    checkpoint = read_folder(checkpoint, "checkpoint", call),
    worker_timeout = read_seconds(timeout, "timeout", call),
    worker_task = read_task(task, "task", call)
  )
  change_settings(values, call)
}
