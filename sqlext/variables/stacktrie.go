package variables

import (
	"context"
	"database/sql/driver"
)

// stackTrie is the table stacks, by number.
type stackTrie struct {
	parent, depth []uint32
	callPC        []uint64
}

// loadStacks reads the stacks once.
func (e *Engine) loadStacks(ctx context.Context) (*stackTrie, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.stacks != nil {
		return e.stacks, nil
	}
	s := &stackTrie{}
	err := e.query(ctx, func(v []driver.Value) error {
		id := int(u32(v[0]))
		for len(s.parent) <= id {
			s.parent, s.depth, s.callPC = append(s.parent, 0), append(s.depth, 0), append(s.callPC, 0)
		}
		s.parent[id], s.depth[id], s.callPC[id] = u32(v[1]), u32(v[2]), u64(v[3])
		return nil
	}, `SELECT stack_id, parent_stack_id, depth, call_pc FROM @stacks ORDER BY stack_id`)
	if err != nil {
		return nil, err
	}
	e.stacks = s
	return s, nil
}

// callerPC tells where the function at a depth of a stack had called, or was
// interrupted.
func (s *stackTrie) callerPC(stack, depth uint32) (pc uint64, ok bool) {
	for int(stack) < len(s.parent) && stack != 0 && s.depth[stack] > depth+1 {
		stack = s.parent[stack]
	}
	if int(stack) >= len(s.parent) || stack == 0 || s.depth[stack] != depth+1 {
		return 0, false
	}
	return s.callPC[stack], s.callPC[stack] != 0
}
