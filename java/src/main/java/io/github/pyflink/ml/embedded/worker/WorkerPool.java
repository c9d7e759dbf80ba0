// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.worker;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import javax.annotation.concurrent.GuardedBy;

/**
 * The workers of a model in this TaskManager. All functions of a subtask, which are versions of the
 * model, run in one worker. A worker ends when its last subtask has released it.
 */
final class WorkerPool {

  @GuardedBy("POOLS")
  private static final Map<List<String>, WorkerPool> POOLS = new HashMap<>();

  private final WorkerModel model;

  @GuardedBy("POOLS")
  private final Map<Object, Lease> leases = new IdentityHashMap<>();

  @GuardedBy("POOLS")
  private final List<Member> members = new ArrayList<>();

  private WorkerPool(WorkerModel model) {
    this.model = model;
  }

  /**
   * Returns the worker of a subtask for one more function; each is released once.
   *
   * @param subtask identifies it
   */
  static Lease lease(WorkerModel model, Object subtask) {
    synchronized (POOLS) {
      WorkerPool pool = POOLS.computeIfAbsent(model.key(), missing -> new WorkerPool(model));
      Lease lease = pool.leases.get(subtask);
      if (lease == null) {
        lease = pool.newLease(subtask);
        pool.leases.put(subtask, lease);
      }
      lease.functions++;
      return lease;
    }
  }

  @GuardedBy("POOLS")
  private Lease newLease(Object subtask) {
    Member member;
    if (members.size() < model.options.count) {
      member = new Member(new WorkerPlace(model));
      members.add(member);
    } else {
      member = members.stream().min(Comparator.comparingInt(each -> each.subtasks)).orElseThrow();
    }
    member.subtasks++;
    return new Lease(this, subtask, member);
  }

  /** The claim of a subtask on a worker. */
  static final class Lease {

    private final WorkerPool pool;
    private final Object subtask;
    private final Member member;
    private int functions;

    private Lease(WorkerPool pool, Object subtask, Member member) {
      this.pool = pool;
      this.subtask = subtask;
      this.member = member;
    }

    WorkerPlace place() {
      return member.place;
    }

    /** Releases the worker for one function, and ends it after the last one. */
    void release() {
      synchronized (POOLS) {
        functions--;
        if (functions > 0) {
          return;
        }
        pool.leases.remove(subtask);
        member.subtasks--;
        if (member.subtasks > 0) {
          return;
        }
        pool.members.remove(member);
        if (pool.members.isEmpty()) {
          POOLS.remove(pool.model.key());
        }
      }
      member.place.close();
    }
  }

  private static final class Member {

    private final WorkerPlace place;
    private int subtasks;

    Member(WorkerPlace place) {
      this.place = place;
    }
  }
}
