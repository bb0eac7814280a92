import type { EngineEvent } from '@weir/contract';
import { Observable, type Subscriber } from 'rxjs';

/**
 * Carries what core has to tell to whoever observes. Delivery is synchronous and in order, and a view
 * in an event is valid only meanwhile. An observer decides nothing. What one throws goes to rxjs's
 * `config.onUnhandledError` a moment later, which has to be set: without it the process ends.
 */
export class EventStream {
  /** Replaced, never changed, so that observers may come and go while an event is told. */
  #observers: readonly Subscriber<EngineEvent>[] = [];
  #completed = false;

  /** A Subject of rxjs would do, but for what it allocates for each event and observer. */
  readonly events = new Observable<EngineEvent>((observer) => {
    if (this.#completed) {
      observer.complete();
      return undefined;
    }
    this.#observers = [...this.#observers, observer];
    return () => {
      this.#observers = this.#observers.filter((other) => other !== observer);
    };
  });

  emit(event: EngineEvent): void {
    for (const observer of this.#observers) observer.next(event);
  }

  complete(): void {
    this.#completed = true;
    for (const observer of this.#observers) observer.complete();
  }
}
