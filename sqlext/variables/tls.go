package variables

import "context"
import "fmt"

func (e *Engine) threadLocal(ctx context.Context, o operand, module uint32) ([]place, error) {
	return nil, fmt.Errorf("%s is thread-local", o.path)
}
