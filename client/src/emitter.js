/** Handlers by type of event. */
export function emitter() {
  const handlers = new Map();

  function on(type, handler) {
    if (!handlers.has(type)) handlers.set(type, new Set());
    handlers.get(type).add(handler);
    return () => off(type, handler);
  }

  function off(type, handler) {
    const some = handlers.get(type);
    if (some && handler) some.delete(handler);
    else handlers.delete(type);
  }

  return {
    on,
    off,
    once(type, handler) {
      const stop = on(type, (event) => {
        stop();
        handler(event);
      });
      return stop;
    },
    clear: () => handlers.clear(),
    /* A handler that throws harms neither the others nor the connection. */
    emit(type, event) {
      for (const handler of [...(handlers.get(type) || [])]) {
        if (!(handlers.get(type) || new Set()).has(handler)) continue;
        try {
          handler(event);
        } catch (e) {
          setTimeout(() => {
            throw e;
          });
        }
      }
    },
  };
}
